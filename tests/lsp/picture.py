#!/usr/bin/env python3
"""Draws docs/images/neovim.svg from the cells of a Neovim session: tests/lsp/picture.py KMSLINT NVIM (needs `pip install pyte`)."""

import html, os, pathlib, pty, re, select, struct, fcntl, subprocess, sys, tempfile, termios, time
import pyte

COLUMNS, LINES = 110, 24
WIDTH, HEIGHT = 8.4, 18
NAMED = {
    "default": "#e0e2ea", "black": "#14161b", "red": "#ffc0b9", "green": "#b3f6c0", "brown": "#fce094", "blue": "#a6dbff",
    "magenta": "#ffcaff", "cyan": "#8cf8f7", "white": "#e0e2ea",
}
BACKGROUND = "#14161b"
FILES = {
    "modules/key/main.tf": 'variable "mode" {}\n\nresource "oci_kms_key" "this" {\n  display_name    = "payments"\n  protection_mode = var.mode\n}\n',
    "main.tf": 'variable "level" {\n  default = "HSM"\n}\n\nmodule "payments" {\n  source = "./modules/key"\n  mode   = var.level\n}\n',
    "terraform.tfvars": 'level = "HSM"\n',
}
SETTINGS = """
vim.o.termguicolors = true
vim.o.swapfile = false
vim.o.signcolumn = "yes"
vim.o.number = true
vim.o.laststatus = 0
vim.o.ruler = false
vim.o.showcmd = false
vim.filetype.add({ extension = { tf = "terraform", tfvars = "terraform-vars" } })
vim.lsp.config("kmslint", {
  cmd = { "kmslint", "lsp" },
  filetypes = { "terraform", "terraform-vars" },
  root_markers = { ".git" },
  init_options = { inlayHints = true },
})
vim.lsp.enable("kmslint")
vim.lsp.inlay_hint.enable()
vim.diagnostic.config({ virtual_text = { format = function(d) return d.message:match("[^\\n]*") end } })
"""


def color(name, fallback):
    if name in NAMED:
        return NAMED[name] if name != "default" else fallback
    return f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else NAMED.get(name.removeprefix("bright"), fallback)


def main():
    kmslint, nvim = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as directory:
        top = pathlib.Path(directory)
        for name, text in FILES.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        (top / ".git").mkdir()
        (top / "bin").mkdir()
        (top / "bin/kmslint").symlink_to(kmslint)
        (top / "settings.lua").write_text(SETTINGS)
        environment = {"PATH": f"{top}/bin:/usr/bin:/bin", "HOME": directory, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(top)
            os.execve(nvim, [nvim, "--clean", "-u", "settings.lua", "-O", "terraform.tfvars", "modules/key/main.tf"], environment)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        screen = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(screen)

        def read_screen(seconds, until=None):
            end = time.time() + seconds
            while time.time() < end and not (until and any(until in line for line in screen.display)):
                if select.select([terminal], [], [], 0.1)[0]:
                    stream.feed(os.read(terminal, 65536))

        read_screen(30, "OCI-KMS-004")
        read_screen(1)
        os.write(terminal, b":wincmd l\r5G0f=")
        read_screen(1)
        os.write(terminal, b"K")
        read_screen(20, "argument")
        read_screen(2)
        draw(screen)
        os.kill(process, 9)


def draw(screen):
    body = []
    for row in range(LINES):
        line = screen.buffer[row]
        column = 0
        while column < COLUMNS:
            cell = line[column]
            same = lambda other: (other.fg, other.bg, other.bold, other.italics, other.underscore, other.reverse) == (
                cell.fg, cell.bg, cell.bold, cell.italics, cell.underscore, cell.reverse)
            end = column
            while end < COLUMNS and same(line[end]):
                end += 1
            text = "".join(line[at].data for at in range(column, end))
            front, back = color(cell.fg, NAMED["default"]), color(cell.bg, BACKGROUND)
            if cell.reverse:
                front, back = back, front
            x, y, width = column * WIDTH + 10, row * HEIGHT + 10, (end - column) * WIDTH
            if back != BACKGROUND:
                body.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{HEIGHT}" fill="{back}"/>')
            if text.strip():
                style = (' font-weight="bold"' if cell.bold else "") + (' font-style="italic"' if cell.italics else "")
                style += ' text-decoration="underline"' if cell.underscore else ""
                body.append(f'<text x="{x:.1f}" y="{y + 13.5}" fill="{front}" textLength="{width:.1f}"{style}>{html.escape(text)}</text>')
            column = end
    width, height = COLUMNS * WIDTH + 20, LINES * HEIGHT + 20
    start = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}">'
    style = '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" xml:space="preserve" style="white-space: pre">'
    background = f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>'
    out = pathlib.Path(__file__).resolve().parents[2] / "docs/images/neovim.svg"
    out.write_text("\n".join([start, background, style, *body, "</g>", "</svg>", ""]))


if __name__ == "__main__":
    main()
