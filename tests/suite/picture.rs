//! The screenshot in the README is drawn from the real output, for light and dark mode.

use crate::harness::{command, expect_file, output_of, root};
use std::fmt::Write as _;

/// The command line in the screenshot.
const COMMAND: &str = "kmslint testdata/example --level OCI-KMS-001=off";
/// The width of the terminal; longer lines are wrapped.
const COLUMNS: usize = 106;
/// Sizes in pixels: a cell of the terminal, which is 0.6 em wide in most monospaced fonts, and the margin.
const CELL: (f64, f64) = (7.8, 18.0);
const MARGIN: f64 = 16.0;

/// Colors of a terminal, from the palettes of GitHub's own light and dark themes.
struct Theme {
    name: &'static str,
    background: &'static str,
    border: &'static str,
    text: &'static str,
    /// Black, red, green, yellow, blue, magenta, cyan, white.
    colors: [&'static str; 8],
}

const THEMES: [Theme; 2] = [
    Theme {
        name: "light",
        background: "#ffffff",
        border: "#d0d7de",
        text: "#1f2328",
        colors: ["#24292f", "#cf222e", "#116329", "#7d4e00", "#0969da", "#8250df", "#1b7c83", "#6e7781"],
    },
    Theme {
        name: "dark",
        background: "#0d1117",
        border: "#30363d",
        text: "#e6edf3",
        colors: ["#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4"],
    },
];

/// The style of a character.
#[derive(Clone, Copy, Default, PartialEq)]
struct CellStyle {
    is_bold: bool,
    color: Option<usize>,
}

/// The lines of the terminal: characters with their style.
fn screen(text: &str) -> Vec<Vec<(char, CellStyle)>> {
    let mut lines = vec![Vec::new()];
    let mut style = CellStyle::default();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => {
                let sequence: String = rest.by_ref().skip(1).take_while(|c| *c != 'm').collect();
                style = apply_sgr(style, &sequence);
            }
            '\n' => lines.push(Vec::new()),
            c => {
                if lines.last().is_some_and(|line| line.len() == COLUMNS) {
                    lines.push(Vec::new());
                }
                lines.last_mut().expect("a line").push((c, style));
            }
        }
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

/// Applies the numbers of an SGR sequence to a style.
fn apply_sgr(mut style: CellStyle, sequence: &str) -> CellStyle {
    let numbers: Vec<usize> = sequence.split(';').map(|number| number.parse().unwrap_or(0)).collect();
    match numbers.as_slice() {
        [0] => CellStyle::default(),
        [1] => {
            style.is_bold = true;
            style
        }
        [39] => CellStyle { color: None, ..style },
        [38, 5, color] if *color < 16 => CellStyle { color: Some(color % 8), ..style },
        [color @ (30..=37 | 90..=97)] => CellStyle { color: Some(color % 10), ..style },
        other => panic!("unsupported SGR sequence: {other:?}"),
    }
}

fn draw(lines: &[Vec<(char, CellStyle)>], theme: &Theme) -> String {
    let width = 2.0 * MARGIN + CELL.0 * COLUMNS as f64;
    let height = 2.0 * MARGIN + CELL.1 * lines.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" role=\"img\" aria-label=\"{COMMAND}\" \
         font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\" fill=\"{}\">\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{:.1}\" height=\"{:.1}\" rx=\"6\" fill=\"{}\" stroke=\"{}\"/>\n",
        theme.text,
        width - 1.0,
        height - 1.0,
        theme.background,
        theme.border
    );
    for (row, line) in lines.iter().enumerate() {
        let y = MARGIN + CELL.1 * (row as f64 + 0.75);
        let mut next = 0;
        for run in line.chunk_by(|a, b| a.1 == b.1) {
            // Each run has an explicit position and length, so that columns align in any font.
            let column = next;
            next += run.len();
            let text: String = run.iter().map(|(c, _)| *c).collect();
            if text.trim().is_empty() {
                continue;
            }
            let style = run[0].1;
            let color = style.color.map_or_else(String::new, |color| format!(" fill=\"{}\"", theme.colors[color]));
            let weight = if style.is_bold { " font-weight=\"bold\"" } else { "" };
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = writeln!(
                svg,
                "<text xml:space=\"preserve\" x=\"{:.1}\" y=\"{y:.1}\" textLength=\"{:.1}\"{color}{weight}>{escaped}</text>",
                MARGIN + CELL.0 * column as f64,
                CELL.0 * run.len() as f64
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

#[test]
fn screenshot_in_the_readme_matches_the_output() {
    let ran = output_of(command(&root()).args(COMMAND.split(' ').skip(1)).args(["--color", "always"]));
    assert_eq!(ran.code, 1, "{ran:#?}");
    let prompt = format!("\u{1b}[1m$ {COMMAND}\u{1b}[0m\n");
    let lines = screen(&(prompt + &ran.out + &ran.err));
    assert!((20..60).contains(&lines.len()), "unexpected size: {} lines", lines.len());
    for theme in &THEMES {
        expect_file(&root().join(format!("docs/images/{}.svg", theme.name)), &draw(&lines, theme));
    }
}
