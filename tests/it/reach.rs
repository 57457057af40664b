//! What runs while the agent is loaded, over classes and files that others make: whether it stops Node for certain (an
//! error), perhaps (a warning), or not. What Node makes of the same is measured in `tests/lab/imports_certain.py`.

use crate::program::run;
use std::fs;

/// Calls a method of what is made while it is made.
const BASE: &str = "export class B {\n constructor() { this.run(); }\n start() { this.run(); }\n run() { %s }\n}\n";
/// Does the same, and has no constructor.
const PLAIN: &str = "export class B {\n static begin() { this.made(); }\n static made() { %s }\n start() { this.run(); }\n run() { %s }\n}\n";

/// The severities of a rule for a bundle of these files.
fn severities(rule: &str, index: &str, lib: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("bundle/dist");
    fs::create_dir_all(&dist).unwrap();
    let package = "{\"name\":\"server-flow-agent\",\"version\":\"0.1.0\",\"type\":\"module\"}";
    fs::write(folder.path().join("bundle/package.json"), package).unwrap();
    fs::write(dist.join("index.js"), index).unwrap();
    fs::write(dist.join("lib.js"), lib).unwrap();
    let ran = run(folder.path(), &["check", "--json", "bundle"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["subjects"][0]["findings"].as_array().unwrap();
    let of_rule = findings.iter().filter(|finding| finding["rule"] == rule);
    of_rule.map(|finding| finding["severity"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_method_is_the_one_of_what_is_made() {
    for (name, base, main, expected) in [
        ("inherited", BASE, "class A extends B {} new A();", "error"),
        ("overridden", BASE, "class A extends B { run() {} } new A();", "warning"),
        ("overridden in between", BASE, "class C extends B { run() {} } class A extends C {} new A();", "warning"),
        ("the base itself", BASE, "class A extends B { run() {} } new B();", "error"),
        ("another method calls it", PLAIN, "class A extends B { run() {} } new A().start();", "warning"),
        ("of the base", PLAIN, "new B().start();", "error"),
        ("static", PLAIN, "class A extends B { static made() {} } A.begin();", "warning"),
        ("static, of the base", PLAIN, "B.begin();", "error"),
        ("through super", PLAIN, "class A extends B { run() { super.run(); } } new A().run();", "error"),
        ("given to the prototype", PLAIN, "B.prototype.run = () => {}; new B().start();", "warning"),
        ("assigned to the prototype", PLAIN, "Object.assign(B.prototype, { run() {} }); new B().start();", "warning"),
        (
            "mixed into the prototype",
            PLAIN,
            "Object.assign(B.prototype, globalThis.mixed); new B().start();",
            "warning",
        ),
        ("defined", PLAIN, "Object.defineProperty(B.prototype, 'run', { value() {} }); new B().start();", "warning"),
    ] {
        let main = format!("import {{ B }} from './lib.js';\n{main}\n");
        let found = severities("module-format-mismatch", &main, &base.replace("%s", "__dirname;"));
        assert_eq!(found, [expected], "{name}");
    }
}

#[test]
fn an_array_that_may_be_empty_calls_nothing() {
    for (code, expected) in [
        ("[1].map(f);", "error"),
        ("[1].reduce(f);", "warning"),
        ("[1, 2].reduce(f);", "error"),
        ("[1].reduce(f, 0);", "error"),
        ("[,].forEach(f);", "warning"),
        ("const list = [1]; list.length = 0; list.forEach(f);", "warning"),
        ("const list = [1]; list.pop(); list.forEach(f);", "warning"),
        ("const o = { f, ...globalThis.other }; o.f();", "warning"),
        ("const o = { ...globalThis.other, f }; o.f();", "error"),
    ] {
        let code = format!("{code}\nfunction f() {{ __dirname; }}\n");
        assert_eq!(severities("module-format-mismatch", &code, ""), [expected], "{code}");
    }
}

#[test]
fn let_may_be_a_name() {
    for (code, expected) in [("var let; let, 1;", 0), ("var let = 1; let++;", 0), ("let x, x;", 1), ("let x = ;", 1)] {
        let lib = "import './index2.cjs';\n";
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("bundle/dist");
        fs::create_dir_all(&dist).unwrap();
        fs::write(
            folder.path().join("bundle/package.json"),
            "{\"name\":\"a\",\"version\":\"0.1.0\",\"type\":\"module\"}",
        )
        .unwrap();
        fs::write(dist.join("index.js"), lib).unwrap();
        fs::write(dist.join("index2.cjs"), code).unwrap();
        let ran = run(folder.path(), &["check", "--json", "bundle"]);
        assert_eq!(ran.stdout.matches("\"module-syntax-error\"").count(), expected, "{code}");
    }
}
#[test]
fn a_file_may_be_made_by_a_borrowed_function() {
    let head = "import fs from 'node:fs';\nimport path from 'node:path';\nconst p = path.join(path.dirname(new URL(import.meta.url).pathname), 'a.txt');\n";
    for (code, expected) in [
        ("fs.readFileSync(p);", Some("error")),
        ("fs.readFileSync(new URL('./a.txt', import.meta.url).pathname);", Some("error")),
        ("fs.readFileSync(path.join(new URL('./', import.meta.url).pathname, 'a.txt'));", Some("error")),
        ("({ ...fs }).writeFileSync(p, ''); fs.readFileSync(p);", Some("warning")),
        ("fs.writeFileSync.call(fs, p, ''); fs.readFileSync(p);", Some("warning")),
        ("const a = [p, '']; fs.writeFileSync(...a); fs.readFileSync(p);", Some("warning")),
        ("Reflect.apply(fs.writeFileSync, fs, [p, '']); fs.readFileSync(p);", Some("warning")),
        ("fs.closeSync(fs.openSync(p, fs.constants.O_CREAT)); fs.readFileSync(p);", None),
        ("fs.rmSync(p);", Some("error")),
        ("fs.rmSync(p, { force: true });", None),
        ("await fs.promises.unlink(p);", Some("error")),
        ("await fs.promises.unlink(p).catch(() => {});", None),
        ("fs.truncateSync(p);", Some("error")),
    ] {
        let found = severities("asset-missing", &format!("{head}{code}\n"), "");
        assert_eq!(found.first().map(String::as_str), expected, "{code}");
    }
}

#[test]
fn a_relative_path_is_one_of_the_folder_in_which_the_agent_runs() {
    let head = "import fs from 'node:fs';\nimport path from 'node:path';\nconst here = path.dirname(new URL(import.meta.url).pathname);\n";
    for (code, expected) in [
        ("fs.readFileSync('dist/a.txt');", Some("error")),
        ("fs.readFileSync(path.join(process.cwd(), 'dist', 'a.txt'));", Some("error")),
        ("fs.readFileSync('dist/lib.js');", None),
        ("fs.readFileSync('lib.js');", Some("warning")),
        ("fs.readFileSync('config.json');", Some("warning")),
        ("fs.readFileSync('config/agent.json');", Some("warning")),
        ("process.chdir(here); fs.readFileSync('lib.js');", None),
        ("process.chdir(here); fs.readFileSync('a.txt');", Some("error")),
        ("process.chdir(path.join(here, 'gone'));", Some("error")),
        ("load(); process.chdir(here); function load() { fs.readFileSync('a.txt'); }", None),
        ("change(); fs.readFileSync('lib.js'); function change() { process.chdir(here); }", None),
        ("fs.writeFileSync('dist/a.txt', ''); fs.readFileSync(path.join(here, 'a.txt'));", None),
        ("if (fs.existsSync('a.txt')) fs.readFileSync('a.txt');", None),
        ("try { fs.readFileSync('a.txt'); } catch {}", Some("warning")),
    ] {
        let found = severities("asset-missing", &format!("{head}{code}\n"), "");
        assert_eq!(found.first().map(String::as_str), expected, "{code}");
    }
}

#[test]
fn what_another_file_gives_is_put_in() {
    let head = "import fs from 'node:fs';\nimport path from 'node:path';\nconst root = path.dirname(new URL(import.meta.url).pathname);\n";
    let here = "export const here = (...p) => path.join(root, ...p);";
    let read = "export function read(name, dir = root) { return fs.readFileSync(path.join(dir, name)); }";
    let views = "export class Views { constructor(dir) { this.dir = dir; } read(n) { return fs.readFileSync(path.join(this.dir, n)); } }";
    let names = "export const NAMES = { a: './a.txt' };";
    for (lib, code, expected) in [
        (here, "import { here } from './lib.js'; fs.readFileSync(here('a.txt'));", Some("error")),
        (here, "import { here } from './lib.js'; fs.readFileSync(here('lib.js'));", None),
        (here, "import * as lib from './lib.js'; fs.readFileSync(lib.here('.', 'a.txt'));", Some("error")),
        (
            here,
            "import { here } from './lib.js'; fs.writeFileSync(here('a.txt'), ''); fs.readFileSync(here('a.txt'));",
            None,
        ),
        (
            here,
            "import { here } from './lib.js'; export const later = () => fs.readFileSync(here('a.txt'));",
            Some("warning"),
        ),
        (read, "import { read } from './lib.js'; read('a.txt');", Some("error")),
        (read, "import { read } from './lib.js'; read('lib.js'); read('index.js');", None),
        (read, "import { read } from './lib.js'; try { read('a.txt'); } catch {}", Some("warning")),
        (read, "import { read } from './lib.js'; if (globalThis.a) read('a.txt');", Some("warning")),
        (views, "import { Views } from './lib.js'; new Views(root).read('a.txt');", Some("error")),
        (views, "import { Views } from './lib.js'; const views = new Views(root); views.read('lib.js');", None),
        (
            views,
            "import { Views } from './lib.js'; const v = new Views(root); v.dir = '/'; v.read('a.txt');",
            Some("warning"),
        ),
        (
            views,
            "import { Views } from './lib.js'; class V extends Views { constructor() { super('/'); this.dir = root; } } new V().read('lib.js');",
            None,
        ),
        (names, "import { NAMES } from './lib.js'; fs.readFileSync(path.join(root, NAMES.a));", Some("error")),
        (
            names,
            "import { NAMES } from './lib.js'; globalThis.change(NAMES); fs.readFileSync(path.join(root, NAMES.a));",
            Some("warning"),
        ),
    ] {
        let found = severities("asset-missing", &format!("{head}{code}\n"), &format!("{head}{lib}\n"));
        assert_eq!(found.first().map(String::as_str), expected, "{code}");
    }
    for (lib, code, expected) in [
        (
            "export const load = (n) => import(n);",
            "import { load } from './lib.js'; await load('./a.js');",
            Some("error"),
        ),
        ("export const load = (n) => import(n);", "import { load } from './lib.js'; await load('./lib.js');", None),
        (
            "export const load = (n) => import(n);",
            "import { load } from './lib.js'; await load('./a.js').catch(() => {});",
            Some("warning"),
        ),
        ("export const NAME = './a.js';", "import { NAME } from './lib.js'; await import(NAME);", Some("error")),
        (
            "export let NAME = './a.js'; NAME = './lib.js';",
            "import { NAME } from './lib.js'; await import(NAME);",
            None,
        ),
        (
            "export const run = (f) => f();",
            "import { run } from './lib.js'; run(() => import('./a.js'));",
            Some("error"),
        ),
    ] {
        let found = severities("unresolved-import", &format!("{code}\n"), &format!("{lib}\n"));
        let of_names = found.iter().filter(|severity| *severity != "info");
        assert_eq!(of_names.map(String::as_str).next(), expected, "{code}");
    }
}

#[test]
fn what_extends_a_class_elsewhere_may_have_other_members() {
    let loads = "export class A { name = './gone.js'; load() { return import(this.name); } }";
    let taken = "export class A { name = './gone.js'; load() { const { name } = this; return import(name); } }";
    let fixed = "export class A { load() { return import('./gone.js'); } run() { return this.load(); } }";
    let made = "export class A { constructor() { this.a = 1; import('./gone.js'); } }";
    let ours = "export class A { static name2 = './gone.js'; static load() { return import(this.name2); } }";
    for (lib, code, expected) in [
        (loads, "await new A().load();", "error"),
        (loads, "class B extends A { name = './lib.js'; } await new B().load();", "warning"),
        (loads, "class B extends A {} await new B().load();", "warning"),
        (taken, "class B extends A { name = './lib.js'; } await new B().load();", "warning"),
        (fixed, "class B extends A {} await new B().run();", "error"),
        (made, "class B extends A {} new B();", "error"),
        (ours, "await A.load();", "error"),
        (ours, "class B extends A { static name2 = './lib.js'; } await B.load();", "warning"),
    ] {
        let agent = format!("import {{ A }} from './lib.js';\n{code}\n");
        let found = severities("unresolved-import", &agent, &format!("{lib}\n"));
        let of_names = found.iter().filter(|severity| *severity != "info");
        assert_eq!(of_names.map(String::as_str).next(), Some(expected), "{lib} {code}");
    }
}

#[test]
fn what_an_address_holds_is_judged() {
    for (code, expected) in [
        ("import 'data:text/javascript,0';", None),
        ("import \"data:text/javascript,import 'node:fs'\";", None),
        ("import 'data:text/javascript;base64,MA==';", None),
        ("import 'data:text/javascript,(';", Some("error")),
        ("import \"data:text/javascript,import './lib.js'\";", Some("error")),
        ("import \"data:text/javascript,require('fs')\";", Some("error")),
        ("import { b } from 'data:text/javascript,export const a = 1';", Some("error")),
        ("import { a } from 'data:text/javascript,export const a = 1';", None),
        ("process.mainModule.require('./lib.js');", Some("error")),
        ("process.mainModule?.require('./lib.js');", None),
    ] {
        let found = severities("unresolved-import", &format!("{code}\n"), "");
        assert_eq!(found.first().map(String::as_str), expected, "{code}");
    }
}

#[test]
fn what_stands_behind_a_condition_of_the_entry_point_runs_in_it_alone() {
    let main = "import.meta.url === pathToFileURL(process.argv[1]).href";
    for (index, lib, expected) in [
        (format!("if ({main}) {{ __dirname; }}"), String::new(), "error"),
        (format!("if ({main}) {{ process.exit(0); }} __dirname;"), String::new(), "warning"),
        (format!("if (!({main})) {{ __dirname; }}"), String::new(), "warning"),
        (format!("try {{ if ({main}) __dirname; }} catch {{}}"), String::new(), "warning"),
        ("import './lib.js';".to_owned(), format!("if ({main}) {{ __dirname; }}"), "warning"),
        ("[2, 1].sort(() => __dirname);".to_owned(), String::new(), "error"),
        ("[2].sort(() => __dirname);".to_owned(), String::new(), "warning"),
        ("'ab'.replace('b', () => __dirname);".to_owned(), String::new(), "error"),
        ("'ab'.replace('c', () => __dirname);".to_owned(), String::new(), "warning"),
    ] {
        let head = "import { pathToFileURL } from 'node:url';\n";
        let found = severities("module-format-mismatch", &format!("{head}{index}\n"), &format!("{head}{lib}\n"));
        assert_eq!(found, [expected], "{index} {lib}");
    }
}

/// Forty files that each pass on two, both of which pass on the same: there are 2^40 ways from the first to the last.
#[test]
fn a_name_that_is_passed_on_by_very_many_ways_is_looked_for_in_each_file_once() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("bundle/dist");
    fs::create_dir_all(&dist).unwrap();
    let package = "{\"name\":\"server-flow-agent\",\"version\":\"0.1.0\",\"type\":\"module\"}";
    fs::write(folder.path().join("bundle/package.json"), package).unwrap();
    fs::write(dist.join("index.js"), "import * as all from './a0.js';\nall.gone();\nclass B extends all.Base {}\n")
        .unwrap();
    for number in 0..40 {
        let next = number + 1;
        for name in ["a", "b"] {
            let both = format!("export * from './a{next}.js';\nexport * from './b{next}.js';\n");
            fs::write(dist.join(format!("{name}{number}.js")), both).unwrap();
        }
    }
    fs::write(dist.join("a40.js"), "export const here = 1;\n").unwrap();
    fs::write(dist.join("b40.js"), "").unwrap();
    let ran = run(folder.path(), &["check", "--json", "bundle"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["subjects"][0]["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["rule"] == "missing-export" && finding["severity"] == "error"));
}

#[test]
fn a_call_says_what_a_function_loads() {
    let require = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n";
    for (code, expected) in [
        ("const load = (n) => require('./' + n); load('gone.cjs');", Some("error")),
        ("const load = (n = './gone.cjs') => require(n); load();", Some("error")),
        ("const load = (n = './gone.cjs') => require(n); load('./lib.js');", None),
        ("const load = (...n) => require('./' + n); load();", None),
        ("const all = (n) => load('./' + n); const load = (n) => require(n); all('gone.cjs');", Some("error")),
        ("for (const n of ['lib.js', 'gone.cjs']) load(n); function load(n) { require('./' + n); }", Some("error")),
        ("const load = ({ n }) => require(n); load({ n: './gone.cjs' });", Some("error")),
        ("class A { load(n) { require(n); } } new A().load('./gone.cjs');", Some("error")),
        ("class A { constructor(n) { require(n); } } class B extends A {} new B('./gone.cjs');", Some("error")),
        ("class A { run(n) { this.load(n); } load(n) { require(n); } } new A().run('./gone.cjs');", Some("error")),
        (
            "class A { constructor(n) { this.n = n; } run() { require(this.n); } } new A('./gone.cjs').run();",
            Some("error"),
        ),
        ("const call = (f) => f(); call(() => require('./gone.cjs'));", Some("error")),
        // What is given may be another thing, or the call is not surely made.
        ("const load = (n) => require(n); if (globalThis.x) load('./gone.cjs');", Some("warning")),
        ("const load = (n) => { try { require(n); } catch {} }; load('./gone.cjs');", Some("warning")),
        ("const call = (f) => { try { f(); } catch {} }; call(() => require('./gone.cjs'));", Some("warning")),
        ("const all = { a: './gone.cjs' }; require(all[globalThis.x ?? 'a']);", Some("warning")),
        ("const all = ['./gone.cjs']; for (const one of all) require(one); all.length;", Some("warning")),
        ("function load(n) { n = './lib.js'; require(n); } load('./gone.cjs');", None),
        ("const o = { n: './gone.cjs' }; o.n = './lib.js'; const load = ({ n }) => require(n); load(o);", None),
        ("class A { load(n) { require(n); } } A.prototype.load = () => {}; new A().load('./gone.cjs');", None),
        (
            "class A { run(n) { this.load(n); } load(n) { require(n); } } class B extends A { load() {} } new B().run('./gone.cjs');",
            None,
        ),
        (
            "class A { constructor(n) { this.n = n; } set(k, v) { this[k] = v; } run() { require(this.n); } } const a = new A('./gone.cjs'); a.set('n', './lib.js'); a.run();",
            None,
        ),
    ] {
        let found = severities("unresolved-import", &format!("{require}{code}\n"), "export const b = 1;\n");
        let found: Vec<_> = found.iter().map(String::as_str).filter(|severity| *severity != "info").collect();
        assert_eq!(found, Vec::from_iter(expected), "{code}");
    }
}

#[test]
fn what_javascript_has_of_its_own_does_not_take_everything() {
    for (code, expected) in [
        ("new RegExp('(');", 1),
        ("new RegExp('(a)', 'g');", 0),
        ("new RegExp('a', 'gg');", 1),
        ("BigInt('x');", 1),
        ("BigInt('0x1f');", 0),
        ("new Array(-1);", 1),
        ("new Array(2, -1);", 0),
        ("new Intl.NumberFormat('en_US');", 1),
        ("new Intl.NumberFormat('en-US', { style: 'currency', currency: 'EUR' });", 0),
        ("decodeURIComponent('%41');", 0),
        ("decodeURIComponent('%');", 1),
        ("Math.gone();", 1),
        ("Math.gone = () => 1; Math.gone();", 0),
        ("const Math = { gone() {} }; Math.gone();", 0),
        ("Math.gone?.();", 0),
        ("Object.groupBy([], () => 1);", 0),
        ("f().a; function f() {}", 1),
        ("f().a; function f() { return {}; }", 0),
        ("f()?.a; function f() {}", 0),
        ("const { a } = f(); function f() { return; }", 1),
        ("const { a } = await f(); async function f() { return {}; }", 0),
        ("let f = () => {}; f = () => ({}); f().a;", 0),
        ("function f() { return f(); } f();", 1),
        ("function f(n) { return n ? f(n - 1) : 0; } f(3);", 0),
        ("async function f() { await 1; f(); } setTimeout(() => process.exit(0), 5); f();", 0),
    ] {
        assert_eq!(severities("ends-at-start", &format!("{code}\n"), "").len(), expected, "{code}");
    }
}
