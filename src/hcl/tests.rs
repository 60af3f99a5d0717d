//! Tests of native syntax: each construct, its spans, and hostile texts.

use super::native::{parse, parse_expression, parse_template};
use super::{Body, Expr, ExprKind, File, Origin, Part, Template, TemplateDirective, TraversalStep};
use crate::base::{Source, Sources, Span};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::sync::Arc;

fn source(text: &str) -> (crate::base::SourceId, Arc<Source>) {
    let sources = Sources::default();
    let id = sources.add("a.tf", text.to_owned());
    (id, sources.get(id))
}

fn file(text: &str) -> (File, Arc<Source>) {
    let (id, source) = source(text);
    (parse(id, text), source)
}

/// Formats the tree as a short text: operators first, nested expressions in brackets.
fn show(expr: &Expr) -> String {
    let list = |list: &[Expr]| list.iter().map(show).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Number(text) => text.to_string(),
        ExprKind::String(text) => format!("{text:?}"),
        ExprKind::Template(template) => show_template(template),
        ExprKind::Tuple(items) => format!("[{}]", list(items)),
        ExprKind::Object(items) => {
            let items: Vec<_> = items.iter().map(|item| format!("{}={}", show(&item.key), show(&item.value))).collect();
            format!("{{{}}}", items.join(" "))
        }
        ExprKind::Variable(name) => name.to_string(),
        ExprKind::Parens(inner) => format!("<{}>", show(inner)),
        ExprKind::Unary(operator, operand) => format!("({operator:?} {})", show(operand)),
        ExprKind::Binary(operator, a, b) => format!("({operator:?} {} {})", show(a), show(b)),
        ExprKind::Conditional(a, b, c) => format!("(? {} {} {})", show(a), show(b), show(c)),
        ExprKind::For(each) => {
            let mut out = "(for".to_owned();
            if let Some(key) = &each.key_var {
                write!(out, " {}", key.text).unwrap();
            }
            write!(out, " {} in {}:", each.value_var.text, show(&each.collection)).unwrap();
            if let Some(key) = &each.key {
                write!(out, " {} =>", show(key)).unwrap();
            }
            write!(out, " {}", show(&each.value)).unwrap();
            if each.group {
                out.push_str("...");
            }
            if let Some(condition) = &each.condition {
                write!(out, " if {}", show(condition)).unwrap();
            }
            out + ")"
        }
        ExprKind::Call { name, arguments, expand } => format!("{}({}{})", name.text, list(arguments), if *expand { "..." } else { "" }),
        ExprKind::Traversal(base, steps) => steps.iter().fold(show(base), |out, step| match step {
            TraversalStep::Attr(name) => format!("{out}.{}", name.text),
            TraversalStep::Index(key, _) => format!("{out}[{}]", show(key)),
            TraversalStep::LegacyIndex(index, _) => format!("{out}.{index}"),
            TraversalStep::FullSplat(_) => format!("{out}[*]"),
            TraversalStep::AttrSplat(_) => format!("{out}.*"),
        }),
        ExprKind::Invalid(message) => format!("!({message})"),
    }
}

fn show_template(template: &Template) -> String {
    let mut out = "`".to_owned();
    for part in &template.parts {
        match part {
            Part::Literal(text) => out.push_str(&text.escape_debug().to_string()),
            Part::Interpolation(expr) => write!(out, "${{{}}}", show(expr)).unwrap(),
            Part::Directive(directive) => match &**directive {
                TemplateDirective::If { condition, then, otherwise, .. } => {
                    write!(out, "%{{if {} {} {}}}", show(condition), show_template(then), show_template(otherwise)).unwrap();
                }
                TemplateDirective::For { key_var, value_var, collection, body, .. } => {
                    let key = key_var.as_ref().map_or(String::new(), |key| format!("{} ", key.text));
                    write!(out, "%{{for {key}{} {} {}}}", value_var.text, show(collection), show_template(body)).unwrap();
                }
            },
        }
    }
    out + "`"
}

fn tree(text: &str) -> String {
    let (id, _) = source(text);
    parse_expression(id, text).map_or_else(|error| format!("error: {}", error.message), |expr| show(&expr))
}

/// Collects all spans in the tree of an expression.
fn spans(expr: &Expr, out: &mut Vec<Span>) {
    out.push(expr.span);
    let each = |list: &[&Expr], out: &mut Vec<Span>| list.iter().for_each(|expr| spans(expr, out));
    match &expr.kind {
        ExprKind::Tuple(items) => items.iter().for_each(|item| spans(item, out)),
        ExprKind::Object(items) => items.iter().for_each(|item| each(&[&item.key, &item.value], out)),
        ExprKind::Parens(a) | ExprKind::Unary(_, a) => spans(a, out),
        ExprKind::Binary(_, a, b) => each(&[a, b], out),
        ExprKind::Conditional(a, b, c) => each(&[a, b, c], out),
        ExprKind::For(f) => {
            out.extend(f.key_var.iter().map(|name| name.span));
            out.push(f.value_var.span);
            spans(&f.collection, out);
            f.key.iter().chain([&f.value]).chain(&f.condition).for_each(|expr| spans(expr, out));
        }
        ExprKind::Call { name, arguments, .. } => {
            out.push(name.span);
            arguments.iter().for_each(|argument| spans(argument, out));
        }
        ExprKind::Traversal(base, steps) => {
            spans(base, out);
            for step in steps {
                out.push(step.span());
                if let TraversalStep::Index(key, _) = step {
                    spans(key, out);
                }
            }
        }
        ExprKind::Template(template) => template_spans(template, out),
        _ => {}
    }
}

fn template_spans(template: &Template, out: &mut Vec<Span>) {
    for part in &template.parts {
        match part {
            Part::Literal(_) => {}
            Part::Interpolation(expr) => spans(expr, out),
            Part::Directive(directive) => match &**directive {
                TemplateDirective::If { condition, then, otherwise, span } => {
                    out.push(*span);
                    spans(condition, out);
                    template_spans(then, out);
                    template_spans(otherwise, out);
                }
                TemplateDirective::For { key_var, value_var, collection, body, span } => {
                    out.push(*span);
                    out.extend(key_var.iter().map(|name| name.span));
                    out.push(value_var.span);
                    spans(collection, out);
                    template_spans(body, out);
                }
            },
        }
    }
}

fn slices(text: &str) -> Vec<String> {
    let (id, source) = source(text);
    let mut found = Vec::new();
    spans(&parse_expression(id, text).unwrap(), &mut found);
    found.into_iter().map(|span| source.slice(span).to_owned()).collect()
}

#[test]
fn expressions_are_parsed_to_their_tree() {
    for (text, expected) in [
        ("null", "null"),
        ("true", "true"),
        ("0.10", "0.10"),
        ("1e3", "1e3"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
        ("\"x\"", "\"x\""),
        ("\"\"", "\"\""),
        ("var.a.b", "var.a.b"),
        ("a[0][\"k\"][b.c].d.0[*].e.*.f", "a[0][\"k\"][b.c].d.0[*].e.*.f"),
        ("a . b [ 0 ]", "a.b[0]"),
        ("(a)", "<a>"),
        ("-1", "(Negate 1)"),
        ("- - a.b", "(Negate (Negate a.b))"),
        ("!a == b", "(Equal (Not a) b)"),
        ("a || b && c == d < e + f * g", "(Or a (And b (Equal c (Less d (Add e (Multiply f g))))))"),
        ("a * b + c < d == e && f || g", "(Or (And (Equal (Less (Add (Multiply a b) c) d) e) f) g)"),
        ("a - b - c / d % e", "(Subtract (Subtract a b) (Modulo (Divide c d) e))"),
        ("a != b >= c <= d > e", "(NotEqual a (Greater (LessEqual (GreaterEqual b c) d) e))"),
        ("a ? b : c ? d : e", "(? a b (? c d e))"),
        ("a == 1 ? b || c : -d", "(? (Equal a 1) (Or b c) (Negate d))"),
        ("[]", "[]"),
        ("[1, [2], {},]", "[1 [2] {}]"),
        ("{}", "{}"),
        ("{ a = 1, \"b\" : 2\n (c.d) = 3\n\"${e}\" = 4, 5 = 6 }", "{\"a\"=1 \"b\"=2 <c.d>=3 `${e}`=4 5=6}"),
        ("{ true = 1, null = 2, for-each = 3 }", "{\"true\"=1 \"null\"=2 \"for-each\"=3}"),
        ("{ a = 1, a = 2, \"a\" = 3, (a) = 4, (a) = 5 }", "{\"a\"=1 \"a\"=2 \"a\"=3 <a>=4 <a>=5}"),
        ("{ true ? \"a\" : \"b\" : 2 }", "{(? true \"a\" \"b\")=2}"),
        ("{ a = { a = [{ a = 1, a = 2 }], a = 3 } }", "{\"a\"={\"a\"=[{\"a\"=1 \"a\"=2}] \"a\"=3}}"),
        ("[for x in y : x]", "(for x in y: x)"),
        ("[for k, v in { a = 1 } : \"${k}\" if v > 0]", "(for k v in {\"a\"=1}: `${k}` if (Greater v 0))"),
        ("{\n for k, v in a # c\n : k => {\n b = v\n }...\n if v\n}", "(for k v in a: k => {\"b\"=v}... if v)"),
        ("[for x in y :\r\n x + \r\n 1]", "(for x in y: (Add x 1))"),
        ("{ for k, v in a : k => v == null\n ? 1\n : 2 }", "(for k v in a: k => (? (Equal v null) 1 2))"),
        ("f()", "f()"),
        ("f(a, {b=1}, \"c\",)", "f(a {\"b\"=1} \"c\")"),
        ("f(a...)", "f(a...)"),
        ("provider::oci::f(1)", "provider::oci::f(1)"),
        ("f({a=1}.b, [1][0], \"x\".y)", "f({\"a\"=1}.b [1][0] \"x\".y)"),
        ("\"${a}\"", "`${a}`"),
        ("\"${\"${\"a\"}\"}\"", "`${`${\"a\"}`}`"),
        ("\"a${b}c\\n$${d}%%{e}\\u00e9\\\"\"", "`a${b}c\\n${d}%{e}é\\\"`"),
        ("\"%{ if a }b%{ else }c%{ endif }\"", "`%{if a `b` `c`}`"),
        ("\"%{if a}%{endif}\"", "`%{if a `` ``}`"),
        ("\"%{ for k, v in { a = 1 } }${k}%{ for x in v }.%{ endfor }%{ endfor }\"", "`%{for k v {\"a\"=1} `${k}%{for x v `.`}`}`"),
        ("\"${ a # }\n }\"", "`${a}`"),
        ("a /* b */ + # c\n // d\n 1", "(Add a 1)"),
        ("\"e\u{301}\"", "\"\u{e9}\""),
        ("{ e\u{301} = e\u{301}.e\u{301} }", "{\"\u{e9}\"=e\u{301}.e\u{301}}"),
        ("größe.天", "größe.天"),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

/// The expected results are those of Terraform 1.15.5.
#[test]
fn trim_markers_and_heredocs_give_the_results_of_terraform() {
    for (text, expected) in [
        ("<<E\na$\nb%\n$\nE\n", "\"a$\\nb%\\n$\\n\""),
        ("<<E\nx\nE", "\"x\\n\""),
        ("<<E\nE\n", "\"\""),
        ("<<E\r\na\r\n  E\r\n", "\"a\\r\\n\""),
        ("<<E\n \\n $${a} \"\n E,\nE\n", "\" \\\\n ${a} \\\"\\n E,\\n\""),
        ("<<-E\n\tx\n  y\nE\n", "\"x\\n y\\n\""),
        ("<<-E\n    a\n  b\n\n   \n      c ${1 ~}   \n    d\n    E\n", "`  a\\nb\\n\\n   \\n    c ${1}    d\\n`"),
        (
            "<<-E\n    ${~ 1 ~}\n  b\n  %{ if true ~}\n    yes\n  %{ else ~}\n no\n  %{ endif ~}\n  z\n  E\n",
            "`${1}  b\\n  %{if true `    yes\\n  ` ` no\\n  `}  z\\n`",
        ),
        ("<<-E\n  ${a}\n    b\n  E\n", "`${a}\\n  b\\n`"),
        ("\"  $ ${~ 1} | ${1 ~}  $ \"", "`  $${1} | ${1}$ `"),
        ("\" ${~ 1}\"", "`${1}`"),
        ("\"${~ 1 ~}\"", "`${1}`"),
        ("\"$$${1}$${1}%%{x}$$\"", "\"$${1}${1}%{x}$$\""),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
    let (id, text) = (source("\" ${~ 1}\"").0, "\" ${~ 1}\"");
    let ExprKind::Template(template) = parse_expression(id, text).unwrap().kind else { panic!("a template") };
    assert_eq!(template.parts.len(), 2, "because of the trimmed literal, it is not a single interpolation");
}

#[test]
fn spans_are_exact() {
    let text = "a.b[{ \"k\" = 1 }] ? -f( \"x${ y }z\" , c.0.d [*] ... ) : [ for k , v in m : v if !k ] /* c */";
    assert_eq!(
        slices(text),
        [
            "a.b[{ \"k\" = 1 }] ? -f( \"x${ y }z\" , c.0.d [*] ... ) : [ for k , v in m : v if !k ]",
            "a.b[{ \"k\" = 1 }]",
            "a",
            "b",
            "[{ \"k\" = 1 }]",
            "{ \"k\" = 1 }",
            "\"k\"",
            "1",
            "-f( \"x${ y }z\" , c.0.d [*] ... )",
            "f( \"x${ y }z\" , c.0.d [*] ... )",
            "f",
            "\"x${ y }z\"",
            "y",
            "c.0.d [*]",
            "c",
            ".0",
            "d",
            "[*]",
            "[ for k , v in m : v if !k ]",
            "k",
            "v",
            "m",
            "v",
            "!k",
            "k",
        ]
    );
    assert_eq!(
        slices("a + {\n b = 1 } == -2.50"),
        ["a + {\n b = 1 } == -2.50", "a + {\n b = 1 }", "a", "{\n b = 1 }", "b", "1", "-2.50", "2.50"]
    );
    assert_eq!(slices("f(<<E\n  ${ x }\n  E\n)"), ["f(<<E\n  ${ x }\n  E\n)", "f", "<<E\n  ${ x }\n  E", "x"]);
    assert_eq!(slices("a::b::c((é))"), ["a::b::c((é))", "a::b::c", "(é)", "é"]);
    assert_eq!(slices("\"%{ if a ~}b%{ endif }\""), ["\"%{ if a ~}b%{ endif }\"", "%{ if a ~}b%{ endif }", "a"]);
}

#[test]
fn blocks_and_arguments_of_a_file_are_parsed() {
    let text = "\u{feff}resource \"oci_kms_key\" k\\u0031 {}\r\n";
    let (broken, _) = file(text);
    assert!(broken.error.is_some(), "an escape outside of quotes");

    let text = "\u{feff}# c\r\nresource \"oci_kms_key\" \"k\\u0031\" { # c\r\n  display_name = \"x\" # c\r\n  key_shape { length = 32 }\r\n\r\n  \
                timeouts {}\r\n} // c\r\nlocals {\r\n  a = <<E\r\nx\r\nE\r\n  b = [\r\n    1,\r\n  ]\r\n}\r\nx = 1";
    let (file, source) = file(text);
    assert_eq!(file.error, None);
    let [key, locals] = file.body.blocks.as_slice() else { panic!("two blocks") };
    assert_eq!((&*key.kind.text, &*key.labels[0].text, &*key.labels[1].text), ("resource", "oci_kms_key", "k1"));
    assert_eq!(source.slice(key.kind.span), "resource");
    assert_eq!(source.slice(key.labels[1].span), "\"k\\u0031\"");
    assert_eq!(source.slice(key.header), "resource \"oci_kms_key\" \"k\\u0031\"");
    assert!(source.slice(key.span).starts_with("resource") && source.slice(key.span).ends_with("timeouts {}\r\n}"));
    assert_eq!(source.slice(key.body.attribute("display_name").unwrap().span), "display_name = \"x\"");
    let shape = key.body.blocks_of("key_shape").next().unwrap();
    assert_eq!(source.slice(shape.header), "key_shape");
    assert_eq!(source.slice(shape.body.attribute("length").unwrap().value.span), "32");
    assert_eq!(key.body.blocks.len(), 2);
    assert_eq!(source.slice(locals.body.attribute("a").unwrap().span), "a = <<E\r\nx\r\nE");
    assert_eq!(source.slice(locals.body.attribute("b").unwrap().value.span), "[\r\n    1,\r\n  ]");
    assert_eq!(source.slice(file.body.attribute("x").unwrap().span), "x = 1");
}

fn keys(body: &Body) -> Vec<&str> {
    body.blocks.iter().map(|block| &*block.labels.last().unwrap().text).collect()
}

#[test]
fn valid_blocks_of_a_broken_file_are_parsed() {
    for (text, kept, error) in [
        // One argument is invalid: its block is kept.
        ("k \"a\" {\n x = 1 +\n y = 2\n}\nk \"b\" {}\n", "a b", "+"),
        ("k \"a\" {\n x = \"HSM\n y = 2\n}\nk \"b\" {}\n", "a b", "\"HSM"),
        ("k \"a\" {\n x = [1 2]\n}\nk \"b\" {}\n", "a b", "2"),
        ("k \"a\" {\n x = 1\n x = 2\n}\nk \"b\" {}\n", "a b", "x"),
        ("k \"a\" {\n x\n y = 1\n}\nk \"b\" {}\n", "a b", "x"),
        ("k \"a\" {\n x = 1, y = 2\n}\nk \"b\" {}\n", "a b", ","),
        ("k \"a\" { x = 1\n y = 1 }\nk \"b\" {}\n", "a b", "x"),
        ("k \"a\" { x = 1, y = 1 }\nk \"b\" {}\n", "a b", ","),
        ("k \"a\" { x = f(1) y = 1 }\nk \"b\" {}\n", "a b", "y"),
        ("k \"a\" { r { x = 1 } }\nk \"b\" {}\n", "a b", "r"),
        ("k \"a\" {} k \"b\" {}\n", "a b", "k"),
        // The end of an argument or block is unknown: its outermost block is omitted.
        ("k \"a\" {\n x = [1\n y = 2\n}\nk \"b\" {}\n", "b", "["),
        ("k \"a\" {\n r {\n x = 1)\n }\n}\nk \"b\" {}\n", "b", ")"),
        ("k \"a\" {\n r {\n y = 2\n}\nk \"b\" {}\nk \"c\" {}\n", "b c", "{"),
        ("k \"a\" {\n x = <<E\n}\nk \"b\" {}\n", "b", "<<E\n"),
        ("k \"a\" {}\n}\nk \"b\" {}\n", "a b", "}"),
        ("k \"a\"\n{\n x = 1\n}\nk \"b\" {}\n", "b", "k \"a\""),
        ("k \"a${x}\" {\n}\nk \"b\" {}\n", "b", "\"a${x}\""),
        ("k \"a\" = {\n}\nk \"b\" {}\n", "b", "k \"a\" "),
        ("k \"a\" {}\n§ § {\n}\nk \"b\" {}\n", "a b", "§"),
    ] {
        let (file, source) = file(text);
        assert_eq!(keys(&file.body).join(" "), kept, "{text}");
        let found = file.error.as_ref().map(|error| source.slice(error.span));
        assert_eq!(found, Some(error), "{text}: {:?}", file.error);
    }
    let (twice, _) = file("k \"a\" {\n x = 1\n x = 2\n}\n");
    let body = &twice.body.blocks[0].body;
    assert!(matches!(body.attribute("x").unwrap().value.kind, ExprKind::Invalid(_)), "an argument that is set twice has no value");
    let (file, _) = file("k \"a\" {\n x = 1 +\n x = 3\n y = 2\n}\n");
    let body = &file.body.blocks[0].body;
    assert!(matches!(body.attribute("x").unwrap().value.kind, ExprKind::Invalid(_)), "an invalid argument is not unset");
    assert_eq!(body.attributes.len(), 2);
    assert_eq!(show(&body.attribute("y").unwrap().value), "2");
}

#[test]
fn arguments_on_the_line_of_an_invalid_one_are_not_unset() {
    for text in
        ["k \"a\" { x = 1, y = 2, z = { w = 3 } }\n", "k \"a\" {\n x = [1] y = 2 z = a\n}\n", "k \"a\" {\n x = 1, y = 2, z\n = 3\n}\n"]
    {
        let (file, _) = file(text);
        let body = &file.body.blocks[0].body;
        let names: Vec<_> = body.attributes.iter().map(|attribute| &*attribute.name.text).collect();
        assert!(names.starts_with(&["x", "y"]) && !names.contains(&"w"), "{text}: {names:?}");
        let error = file.error.unwrap().message;
        for name in ["x", "y"] {
            assert_eq!(show(&body.attribute(name).unwrap().value), format!("!({error})"), "{text}");
        }
    }
    let (file, _) = file("variable \"m\" { type = string, default = \"x\" }\n");
    assert_eq!(file.error.unwrap().message, "a single-line block can have only one argument; write each argument on a separate line");
}

#[test]
fn arguments_after_an_unclosed_one_are_parsed() {
    let (file, source) = file("a = 1\nb = (\nc = 3\nd = [\n]\n");
    let names: Vec<_> = file.body.attributes.iter().map(|attribute| &*attribute.name.text).collect();
    assert_eq!(names, ["a", "c", "d"]);
    assert_eq!(source.slice(file.error.unwrap().span), "(");
}

#[test]
fn errors_have_a_message_and_a_span() {
    for (text, message, place) in [
        ("", "expected a value", ""),
        ("1 +", "unexpected end of expression after `+`", "+"),
        ("a.", "unexpected end of expression after `.`", "."),
        ("(1 +)", "missing value after `+`", "+"),
        ("1 + * 2", "unexpected `*`", "*"),
        ("(* 2)", "unexpected `*`", "*"),
        ("a ? b", "expected `:` and a second result in this conditional", "?"),
        ("a ? b :", "unexpected end of expression after `:`", ":"),
        ("[for x in y]", "expected `:` after the collection of this `for` expression", ""),
        ("a bb", "unexpected `bb`", "bb"),
        ("f(a \"b\")", "unexpected string, template or object; an operator or a comma is missing before it", "\"b\""),
        ("[1 2]", "unexpected `2`", "2"),
        ("{ a }", "expected a key, `=` and a value", "a"),
        ("{ a = }", "expected a value", ""),
        ("{ a = 1 b = 2 }", "unexpected `b`", "b"),
        ("\"\\q\"", "`\\q` is not an escape sequence; write `\\\\` for a backslash", "\\q"),
        ("\"${a\"", "unclosed string", "\""),
        ("\"%{ if a }\"", "this `if` directive has no `endif`", "%{"),
        ("\"%{ endfor }\"", "`endfor` without `for`", "%{ endfor }"),
        ("\"%{ iff a }\"", "unknown directive `iff`; expected `if`, `else`, `endif`, `for` or `endfor`", "iff"),
        ("a.0.1", "two indexes in a row must be written in brackets: `[0][1]`, not `.0.1`", ".1"),
        ("(a", "unclosed `(`", "("),
        ("a /* b", "unclosed comment", "/*"),
        ("a ^ b", "`^` is not part of the language", "^"),
        ("\"a\nb\"", "unclosed string: close it on its line, or use a heredoc", "\"a"),
    ] {
        let (id, source) = source(text);
        let error = parse_expression(id, text).unwrap_err();
        assert_eq!((error.message.as_str(), source.slice(error.span)), (message, place), "{text}");
    }
    assert_eq!(tree("{ a.b = 1 }").split(':').next(), Some("{!(a key of several parts is ambiguous"));
}

#[test]
fn template_of_computed_text_has_the_given_span() {
    let (id, source) = source("x = f(\"…\")");
    let at = Span::new(id, 4..5);
    let expr = parse_template("a\n${b}\n\\n", &Origin::Within(at)).unwrap();
    assert_eq!(show(&expr), "`a\\n${b}\\n\\\\n`");
    let mut found = Vec::new();
    spans(&expr, &mut found);
    assert!(found.iter().all(|&span| source.slice(span) == "f"));
    assert_eq!(parse_template("${\"\n", &Origin::Within(at)).unwrap_err().span, at);
    assert_eq!(show(&parse_template("", &Origin::Within(at)).unwrap()), "\"\"");
}

#[test]
fn too_deep_nesting_is_an_error_and_not_a_stack_overflow() {
    // The stack size of the threads that read modules.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(parse_deep_texts).unwrap();
    thread.join().unwrap();
}

fn parse_deep_texts() {
    // Without a limit, a level would have to take less than 2.7 KB of the stack, and where all cases are tried less than 1.7 KB.
    let deep = if std::env::var_os("KMSLINT_EXHAUSTIVE").is_some() { 40_000 } else { 25_000 };
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "", "]"),
        ("{a=", "1", "}"),
        ("f(", "", ")"),
        ("a[", "0", "]"),
        ("!", "a", ""),
        ("-", "1", ""),
        ("a ? b : ", "c", ""),
        ("a + ", "b", ""),
        ("\"${", "a", "}\""),
        ("[for x in ", "y", ": x]"),
        ("\"%{ if a }", "", "%{ endif }\""),
        ("(", "", ""),
        ("[", "", ""),
        ("{", "", ""),
        ("", "", "]"),
        ("", "", "}"),
        ("{a=[(", "", ""),
        ("([", "", ")"),
        ("{(", "", "}"),
    ] {
        let text = format!("{}{middle}{}", open.repeat(deep), close.repeat(deep));
        let (id, _) = source(&text);
        assert!(parse_expression(id, &text).is_err(), "{open}");
        let text = format!("a = {text}\nk \"b\" {{}}\n");
        assert!(file(&text).0.error.is_some(), "{open}");
    }
    let directives = format!("{}{}", "%{ if a }".repeat(deep), "%{ endif }".repeat(deep));
    assert!(parse_template(&directives, &Origin::At(source("").0, 0)).is_err());
    let blocks = format!("{}{}", "a {\n".repeat(deep), "}\n".repeat(deep));
    assert!(file(&blocks).0.error.is_some());
    // Within the limits, the tree is built, walked and dropped.
    for text in [
        format!("{}1{}", "{a=".repeat(60), "}".repeat(60)),
        format!("{}1{}", "(".repeat(150), ")".repeat(150)),
        format!("{}1{}", "f([".repeat(90), "])".repeat(90)),
        format!("a{}", " || a".repeat(1000)),
        format!("{}c", "a ? b : ".repeat(1000)),
        format!("[for x in y : {} if {}a]", "x == \"a\" || ".repeat(200) + "b", "!".repeat(300)),
    ] {
        assert!(!tree(&text).starts_with("error"), "{text}");
    }
}

#[test]
fn thousands_of_repeated_keys_are_kept_in_order() {
    let text = format!("{{ {} }}", (0..20_000).map(|at| format!("k{} = {at}", at % 7)).collect::<Vec<_>>().join(", "));
    let (id, _) = source(&text);
    let ExprKind::Object(items) = parse_expression(id, &text).unwrap().kind else { panic!("an object") };
    assert_eq!(items.len(), 20_000);
    assert_eq!(show(&items[19_999].key), "\"k0\"");
    assert_eq!(show(&items[19_999].value), "19999");
}

const RICH: &str = "\u{feff}# kmslint: ignore[X] y\r\nresource \"oci_kms_key\" \"k\" {\n  a = { b = \"x${~ f([1, -2.5e3], g.h[0].*.i...) ~}y\\n\" }\n  \
                    c = [for k, v in m : k => v... if !v]\n  d {\n    e = a ? <<-É : null\n      %{ for x in y ~}\n      ${x}\n      %{ endfor }\n    \
                    É\n  }\n}\nlocals { s = p::q(1) /* c */ }\n";

#[test]
fn text_truncated_at_any_byte_is_parsed() {
    let mut errors = 0;
    for (at, _) in RICH.char_indices() {
        let text = &RICH[..at];
        let (file, source) = file(text);
        errors += usize::from(file.error.is_some());
        if let Some(error) = file.error {
            assert!(error.span.range().end <= source.text().len() && source.text().get(error.span.range()).is_some());
        }
        let text = &RICH[at..];
        let (id, _) = super::tests::source(text);
        let _ = (parse(id, text), parse_expression(id, text), parse_template(text, &Origin::At(id, 0)));
    }
    assert!(errors > 50);
}

fn body_spans(body: &Body, out: &mut Vec<Span>) {
    for attribute in &body.attributes {
        out.extend([attribute.name.span, attribute.span]);
        spans(&attribute.value, out);
    }
    for block in &body.blocks {
        out.extend([block.kind.span, block.header, block.span]);
        out.extend(block.labels.iter().map(|label| label.span));
        body_spans(&block.body, out);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn spans_of_any_text_are_within_the_text(
        text in prop_oneof![
            "\\PC{0,60}",
            prop::collection::vec(prop::sample::select(vec![
                "a", " ", "\n", "\r\n", "=", "{", "}", "(", ")", "[", "]", "\"", "${", "%{", "~}", "~", "if", "for", "in", "else", "endif",
                "endfor", ":", "?", "=>", "...", ",", ".", "*", "0", "1.5", "<<E\n", "<<-E\n", "\nE\n", "é", "#", "/*", "*/", "\\", "\\u00e9",
                "$", "%", "-", "!", "&&", "==", "::", "null", "\u{feff}", "\u{301}",
            ]), 0..40).prop_map(|words| words.concat()),
        ]
    ) {
        let (file, source) = file(&text);
        let mut found = Vec::new();
        body_spans(&file.body, &mut found);
        found.extend(file.error.iter().map(|error| error.span));
        if let Ok(expr) = parse_expression(file.source, &text) {
            spans(&expr, &mut found);
        }
        if let Ok(expr) = parse_template(&text, &Origin::At(file.source, 0)) {
            spans(&expr, &mut found);
        }
        for span in found {
            prop_assert!(source.text().get(span.range()).is_some(), "{:?}", span);
        }
    }
}
