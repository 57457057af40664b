//! Files that code names by a literal path relative to itself, and what it does with them. A file that the code makes, or
//! looks for before it uses it, need not be there.

use super::open::{Fated, NamedPath, OpenAct, OpenAsset, RunFolder, Val};
use super::paths::{MAX_DEPTH, joined};
use super::reader::Reader;
use super::values::BuiltinMember;
use crate::node::bodies::FailureFate;
use crate::node::modules::{Asset, AssetUse, FolderName};
use oxc_ast::ast::Argument;
use oxc_span::Span;

/// What reads a file at once and throws where it is not there, with the system call that Node names.
const READS: [(&str, &str); 10] = [
    ("readFileSync", "open"),
    ("readdirSync", "scandir"),
    ("statSync", "stat"),
    ("lstatSync", "lstat"),
    ("opendirSync", "opendir"),
    ("watch", "watch"),
    ("realpathSync", "lstat"),
    ("readFile", "open"),
    ("readdir", "scandir"),
    ("createReadStream", "open"),
];

/// What throws where a file is not there, too, and mostly asks for it: where a failure is caught, the file need not be there.
const ASKS: [(&str, &str); 9] = [
    ("access", "access"),
    ("readlink", "readlink"),
    ("unlink", "unlink"),
    ("chmod", "chmod"),
    ("chown", "chown"),
    ("utimes", "utime"),
    ("rmdir", "rmdir"),
    // Without `force` it looks first.
    ("rm", "lstat"),
    ("truncate", "open"),
];

/// Endings of files that are written by people or compilers, and that the agent does not make while it runs.
const SHIPPED: [&str; 20] = [
    "js", "mjs", "cjs", "json", "html", "ejs", "hbs", "pug", "sql", "wasm", "node", "proto", "graphql", "md", "css",
    "svg", "png", "mustache", "xml", "yaml",
];

/// What makes the file that its first argument names.
const MAKES: [&str; 6] = ["writeFile", "appendFile", "createWriteStream", "mkdir", "mkdtemp", "open"];

/// Functions of `child_process` that run other programs.
const RUNS: [&str; 6] = ["exec", "execSync", "execFile", "execFileSync", "spawn", "spawnSync"];

/// What makes the file that its second argument names: a copy, a new name, a link.
const MAKES_SECOND: [&str; 5] = ["copyFile", "cp", "rename", "link", "symlink"];

/// Assets of a file up to which those that a list names are noted one by one.
const MAX_BY_LISTS: usize = 4_096;

/// What is in the names of functions of packages that make folders, in small letters: `mkdirp`, `ensureDirSync`, `outputFile`.
const MAKES_FOLDERS: [&str; 6] = ["mkdir", "makedir", "ensuredir", "ensurefile", "outputfile", "outputjson"];

/// Who hears that a file cannot be made.
#[derive(Clone, Copy)]
enum Hearer {
    /// It is thrown.
    Caller,
    /// Whoever has the promise, or listens to the stream.
    Holder,
}

/// The system call by which a function of `fs` makes a file in a folder that has to be there, and who hears where it is not.
fn made_by(module: &str, name: &str, has_options: bool) -> Option<(&'static str, Hearer)> {
    let (module, name) = match name.strip_prefix("promises.") {
        Some(name) if module == "fs" => ("fs/promises", name),
        _ => (module, name),
    };
    match (module, name) {
        ("fs", "writeFileSync" | "appendFileSync") => Some(("open", Hearer::Caller)),
        ("fs", "createWriteStream") | ("fs/promises", "writeFile" | "appendFile") => Some(("open", Hearer::Holder)),
        // With options it may make the folders above, too.
        ("fs", "mkdirSync") if !has_options => Some(("mkdir", Hearer::Caller)),
        ("fs/promises", "mkdir") if !has_options => Some(("mkdir", Hearer::Holder)),
        _ => None,
    }
}

/// Which argument names the file that a function of `fs` makes, if it makes one.
fn makes(module: &str, name: &str) -> Option<usize> {
    let name = name.strip_prefix("promises.").unwrap_or(name);
    let name = name.strip_suffix("Sync").unwrap_or(name);
    match module {
        "fs" | "fs/promises" if MAKES.contains(&name) => Some(0),
        "fs" | "fs/promises" if MAKES_SECOND.contains(&name) => Some(1),
        _ => None,
    }
}

impl<'a> Reader<'a, '_> {
    /// Notes what a call of one of Node's own functions does with a path.
    pub(super) fn note_asset(
        &mut self,
        callee: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
        arguments: &[Argument<'a>],
        span: Span,
    ) {
        self.note_borrowed(callee, arguments);
        let Some(&(module, ref name)) = builtin else { return self.note_maker_of_folders(callee) };
        let name: &str = name;
        let made = makes(module, name);
        let runs = module == "child_process" && RUNS.contains(&name);
        let used = self.use_of(module, name, arguments, span);
        self.runs_programs |= runs;
        if runs {
            self.hands(arguments);
        }
        let argument = |at: usize| arguments.get(at).and_then(Argument::as_expression);
        if let Some(path) = made.and_then(argument).map(|path| self.value(path)) {
            self.written.push(path);
        }
        // What is made by the first argument is told by `use_of`, with what it does beside.
        let second = made.filter(|at| *at == 1).map(|at| (at, None, Fated::Is(FailureFate::Nothing)));
        for (at, how, fated) in second.into_iter().chain(used) {
            // `process.loadEnvFile()` reads `.env` of the folder in which the agent runs.
            let unsaid = (arguments.is_empty() && name == "loadEnvFile").then_some(Val::Text(".env"));
            if let Some(path) = argument(at).map(|path| self.value(path)).or(unsaid) {
                let all = if self.assets.len() < MAX_BY_LISTS { self.each_of(path) } else { vec![path] };
                let push = |reader: &mut Self| {
                    all.into_iter().for_each(|path| reader.push_asset(path, how, fated, span));
                };
                self.guarded_if(self.is_perhaps(&path), push);
            }
        }
        self.note_made(module, name, arguments, span);
        if module == "child_process" {
            self.note_child(name, arguments, span);
        }
        if (module, name) == ("process", "chdir") {
            self.changes_folder(arguments);
        }
    }

    /// `execFileSync(process.execPath, [join(__dirname, 'x.js')])`: another process of Node, which fails where there is no such file.
    fn note_child(&mut self, name: &str, arguments: &[Argument<'a>], span: Span) {
        let (how, fated) = match name {
            "execFileSync" => (AssetUse::Awaited, FailureFate::Throws),
            "spawnSync" | "spawn" | "execFile" => (AssetUse::Child, FailureFate::Nothing),
            _ => return,
        };
        let [program, Argument::ArrayExpression(words), ..] = arguments else { return };
        let Some(program) = program.as_expression().map(|program| self.value(program)) else { return };
        let is_node = match self.plain(&program) {
            Val::Text(name) => name == "node",
            program => {
                matches!(self.builtin(&program), Some(("process", name)) if matches!(&*name, "execPath" | "argv0" | "argv.*"))
            }
        };
        let first = words.elements.first().and_then(|word| word.as_expression());
        if let Some(first) = first.filter(|_| is_node)
            && let path @ (Val::Symbol(_) | Val::Joined(_) | Val::Call(..) | Val::Member(..)) = self.value(first)
            && self.path(&path).is_some_and(|path| !path.is_of_start())
        {
            self.push_asset(path, Some(how), Fated::Is(fated), span);
        }
    }

    /// Notes what is made in a folder that has to be there, where nothing in this body catches that it is not.
    fn note_made(&mut self, module: &str, name: &str, arguments: &[Argument<'a>], span: Span) {
        let Some((call, hearer)) = made_by(module, name, arguments.len() > 1) else { return };
        let is_heard = match hearer {
            Hearer::Caller => self.flow.tries > 0,
            Hearer::Holder => !matches!(
                self.fate_of(span),
                Fated::Is(FailureFate::Stops | FailureFate::Throws | FailureFate::Rejects)
            ),
        };
        let Some(path) = arguments.first().and_then(Argument::as_expression).filter(|_| !is_heard) else { return };
        let path = self.value(path);
        self.push_asset(path, Some(AssetUse::Made(call)), Fated::Is(FailureFate::Nothing), span);
    }

    /// Notes a call of a package's function that makes folders, by its name.
    fn note_maker_of_folders(&mut self, callee: &Val<'a>) {
        let name = match callee {
            Val::Member(_, name) | Val::Global(name) => name,
            Val::Symbol(symbol) => self.scoping.symbol_name(*symbol),
            _ => return,
        };
        let name = name.to_ascii_lowercase();
        self.makes_folders |= MAKES_FOLDERS.iter().any(|word| name.contains(word));
    }

    /// Notes what is given to another program.
    fn hands(&mut self, arguments: &[Argument<'a>]) {
        for argument in arguments {
            let elements = match argument {
                Argument::ArrayExpression(array) => {
                    array.elements.iter().filter_map(|one| one.as_expression()).collect()
                }
                argument => Vec::from_iter(argument.as_expression()),
            };
            for element in elements {
                let value = self.value(element);
                self.handed.push(value);
            }
        }
    }

    /// `process.chdir(path)`: known where the file does it at the top, whatever happens.
    fn changes_folder(&mut self, arguments: &[Argument<'a>]) {
        self.module.changes_folder = true;
        let certain = self.body == 0 && !self.flow.is_unsure() && self.flow.tries == 0;
        self.folder = match (arguments.first().and_then(Argument::as_expression), self.folder) {
            (Some(path), RunFolder::Start) if certain => RunFolder::At(self.value(path)),
            _ => RunFolder::Unknown,
        };
    }

    /// What makes files, called in a way in which it is not told which ones: `fs.writeFileSync.call(…)`, `Object.assign({}, fs)`.
    fn note_borrowed(&mut self, callee: &Val<'a>, arguments: &[Argument<'a>]) {
        if let Val::Member(of, "bind" | "call" | "apply") = callee {
            self.writes_unknown |= self.may_make(of);
        }
        if self.passing_on(callee).is_some() {
            return;
        }
        for argument in arguments {
            match argument {
                Argument::SpreadElement(_) => self.writes_unknown |= self.may_make(callee),
                Argument::Identifier(_) | Argument::StaticMemberExpression(_) => {
                    let given = argument.as_expression().map_or(Val::Unknown, |given| self.value(given));
                    self.writes_unknown |= self.may_make(&given);
                }
                _ => {}
            }
        }
    }

    /// Whether something is a function of `fs` that makes files, or has one.
    pub(super) fn may_make(&self, value: &Val<'a>) -> bool {
        match self.builtin(value) {
            Some(("fs" | "fs/promises", name)) if name.is_empty() || name == "promises" => true,
            Some((module, name)) => makes(module, &name).is_some(),
            None => false,
        }
    }

    /// Notes a path that is put together: `new URL('./x', import.meta.url)`, `path.join(__dirname, 'x')`.
    pub(super) fn note_path(&mut self, value: Val<'a>, span: Span) {
        self.push_asset(value, Some(AssetUse::Named), Fated::Is(FailureFate::Nothing), span);
    }

    /// `require.resolve('./x.js')`, which gives the path of a file that is there.
    fn resolved_path(&self, path: &Val<'a>) -> Option<Val<'a>> {
        let Val::Call(callee, [Val::Text(name)]) = self.plain(path) else { return None };
        let Val::Member(require, "resolve") = self.plain(callee) else { return None };
        let is_require = matches!(self.plain(require), Val::Global("require")) || self.is_own_require(require);
        let is_whole = [".js", ".cjs", ".mjs"].iter().any(|ending| name.ends_with(ending));
        let below = name.strip_prefix('.').filter(|rest| rest.starts_with(['/', '.']))?;
        let behind = if below.starts_with('/') { below } else { self.memory.alloc_str(&format!("/{name}")) };
        (is_require && is_whole).then(|| Val::Joined(self.keep_all(&[Val::Global("__dirname"), Val::Text(behind)])))
    }

    fn push_asset(&mut self, path: Val<'a>, how: Option<AssetUse>, fated: Fated<'a>, span: Span) {
        let runs = matches!(how, Some(AssetUse::Worker | AssetUse::Child));
        let path = self.resolved_path(&path).filter(|_| runs).unwrap_or(path);
        let is_code = match path {
            Val::Unknown | Val::Body(_) => true,
            // What is run by a text alone may be code, or the name of a program.
            Val::Text(text) => {
                matches!(how, Some(AssetUse::Worker | AssetUse::Child))
                    && !text.starts_with("./")
                    && !text.starts_with("../")
            }
            _ => false,
        };
        if is_code {
            return;
        }
        let line = self.line(span);
        let folder = if self.body == 0 { self.folder } else { RunFolder::InFunction };
        self.assets.push(OpenAsset { path, folder, line, how });
        let number = u32::try_from(self.assets.len() - 1).unwrap_or(u32::MAX);
        let never = Fated::Is(FailureFate::Nothing);
        self.step(OpenAct::Asset(number), fated, never);
    }

    /// Which argument is the path, what is done with it (nothing where the file is made or looked for), and what comes of
    /// a failure.
    fn use_of(
        &self,
        module: &str,
        name: &str,
        arguments: &[Argument<'a>],
        span: Span,
    ) -> Option<(usize, Option<AssetUse>, Fated<'a>)> {
        let thrown = Fated::Is(FailureFate::Throws);
        let never = Fated::Is(FailureFate::Nothing);
        let (module, name) = match (module, name.split_once('.')) {
            ("fs", Some(("promises", name))) => ("fs/promises", name),
            _ => (module, name),
        };
        let literal = |at: usize| match arguments.get(at) {
            Some(Argument::StringLiteral(text)) => Some(text.value.as_str()),
            _ => None,
        };
        match (module, name) {
            ("process", "chdir") => Some((0, Some(AssetUse::Read("chdir")), thrown)),
            ("process", "loadEnvFile") => Some((0, Some(AssetUse::Read("env")), thrown)),
            ("worker_threads", "Worker") => Some((0, Some(AssetUse::Worker), self.fate_of(span))),
            ("child_process", "fork") => Some((0, Some(AssetUse::Child), never)),
            ("fs", "openSync") | ("fs/promises", "open")
                if literal(1).is_some_and(|flags| flags.contains(['w', 'a'])) =>
            {
                Some((0, None, never))
            }
            // Flags that are worked out may make it.
            ("fs", "openSync") | ("fs/promises", "open") if arguments.len() > 1 && literal(1).is_none() => {
                Some((0, None, never))
            }
            ("fs", "openSync") => Some((0, Some(AssetUse::Read("open")), thrown)),
            ("fs", "copyFileSync" | "cpSync") => Some((0, Some(AssetUse::Read("copyfile")), never)),
            ("fs/promises", "open") => Some((0, Some(AssetUse::Read("open")), self.fate_of(span))),
            ("fs" | "fs/promises", "rmSync" | "rm") if arguments.len() > 1 => None,
            // The file may be made by whoever writes to it, and the name that it gets is another file's.
            ("fs", "renameSync") => Some((0, Some(AssetUse::Read("rename")), never)),
            ("fs", name)
                if let Some(call) = name.strip_suffix("Sync").and_then(|name| self.asked_in_vain(name, thrown)) =>
            {
                Some((0, Some(AssetUse::Read(call)), thrown))
            }
            ("fs/promises", "stat" | "lstat") if arguments.len() == 1 && self.ends(self.fate_of(span)) => {
                Some((0, Some(AssetUse::Read(if name == "stat" { "stat" } else { "lstat" })), self.fate_of(span)))
            }
            ("fs/promises", name) if let Some(call) = self.asked_in_vain(name, self.fate_of(span)) => {
                Some((0, Some(AssetUse::Read(call)), self.fate_of(span)))
            }
            ("fs" | "fs/promises", name) => {
                let read = READS.iter().find(|(known, _)| *known == name).map(|(_, call)| AssetUse::Read(call));
                let fated = match (module, name) {
                    // A stream that is kept may be given a listener.
                    ("fs", "createReadStream") | ("fs/promises", _) => self.fate_of(span),
                    // A callback is given the error.
                    ("fs", "readFile" | "readdir") => never,
                    // `throwIfNoEntry: false` gives undefined.
                    ("fs", "statSync" | "lstatSync") if arguments.len() > 1 => never,
                    _ => thrown,
                };
                Some((0, read, fated))
            }
            _ => None,
        }
    }

    /// What ends the process here where the file is not there, as nothing catches it.
    fn asked_in_vain(&self, name: &str, fated: Fated<'a>) -> Option<&'static str> {
        ASKS.iter()
            .find(|(known, _)| *known == name)
            .filter(|_| self.ends(fated) || self.may_be_thrown_anew(fated))
            .map(|(_, call)| *call)
    }

    /// Whether what is thrown here is caught, and perhaps thrown anew.
    fn may_be_thrown_anew(&self, fated: Fated<'a>) -> bool {
        matches!(fated, Fated::Is(FailureFate::Throws))
            && !self.flow.is_unsure()
            && self.flow.tries > 0
            && !self.flow.is_caught()
    }

    /// Whether nobody in this body catches what fails here.
    fn ends(&self, fated: Fated<'a>) -> bool {
        matches!(self.here(fated), Fated::Is(FailureFate::Throws | FailureFate::Stops))
    }

    /// A path as Node prints it, if that is relative: as it is written, but for what `join` and `normalize` take out.
    fn said(&self, value: &Val<'a>, path: &str) -> Option<Box<str>> {
        match self.plain(value) {
            Val::Text(text) => Some(text.into()),
            Val::Joined(parts) => self.said(parts.first()?, path).and(self.text_of(parts)).map(Into::into),
            Val::Call(callee, [first, ..]) => {
                let (module, name) = self.builtin(callee)?;
                let is_kept =
                    module.starts_with("path") && matches!(name.rsplit('.').next(), Some("join" | "normalize"));
                (is_kept && self.said(first, path).is_some()).then(|| path.trim_start_matches('/').into())
            }
            _ => None,
        }
    }

    /// The path of an asset from the file or from the start, with what Node prints of it if that is relative.
    fn asset_path(&self, asset: &OpenAsset<'a>) -> Option<(String, Option<Box<str>>)> {
        let NamedPath::Beside(path) = self.path(&asset.path)? else { return None };
        if !path.starts_with('/') {
            return Some((path, None));
        }
        let said = self.said(&asset.path, &path);
        match (asset.folder, &said) {
            // A function that changes the folder may have run before what stands above it.
            (RunFolder::Start, Some(_)) if matches!(self.folder, RunFolder::Unknown) => None,
            (RunFolder::InFunction, Some(_)) if self.module.changes_folder => None,
            (RunFolder::InFunction, _) => Some((path, said)),
            // `process.cwd()` is a path only where nothing changes the folder.
            (RunFolder::Start, _) | (_, None) => Some((path, said)),
            (RunFolder::At(folder), Some(_)) => match self.path(&folder)? {
                NamedPath::Beside(folder) => match joined(&folder, &path)? {
                    NamedPath::Beside(path) => Some((path, said)),
                    NamedPath::Itself => None,
                },
                NamedPath::Itself => None,
            },
            (RunFolder::Unknown, Some(_)) => None,
        }
    }

    /// The folder of what is read or made by a name that is not known, seen from the file.
    fn folder_of(&self, asset: &OpenAsset<'a>) -> Option<String> {
        if !matches!(asset.how, None | Some(AssetUse::Read(_))) {
            return None;
        }
        self.known_part(&asset.path).filter(|folder| !folder.is_empty() && !folder.ends_with(".."))
    }

    /// The paths that are handed to other programs.
    pub(super) fn finish_handed(&self) -> Vec<Box<str>> {
        let paths = self.handed.iter().filter_map(|value| self.path(value));
        let beside = paths.filter_map(|path| match path {
            NamedPath::Beside(path) => Some(path.into()),
            NamedPath::Itself => None,
        });
        beside.collect()
    }

    /// The assets with their paths, by the numbers of the steps; nothing for one that is no path or need not be there. And
    /// the paths that the file makes or looks for.
    pub(super) fn finish_assets(&self) -> (Vec<Option<Asset>>, Vec<Box<str>>) {
        let paths: Vec<_> = self.assets.iter().map(|asset| self.asset_path(asset)).collect();
        let (mut made, mut found) = (Vec::new(), Vec::new());
        for (asset, path) in self.assets.iter().zip(&paths) {
            match (asset.how, path) {
                (None, Some((path, _))) => made.push(path.as_str().into()),
                (None, None) => made.extend(self.folder_of(asset).map(Into::into)),
                (Some(_), _) => {}
            }
        }
        for (asset, path) in self.assets.iter().zip(paths) {
            let folder = if self.is_of_meta(&asset.path, MAX_DEPTH) { FolderName::Meta } else { FolderName::Plain };
            let line = asset.line;
            let used = match (asset.how, path) {
                // What is only put together may be for anything.
                (Some(AssetUse::Named), Some((path, _))) if path.starts_with('/') || !is_shipped(&path) => None,
                (Some(how), Some((mut path, said))) => {
                    // Node prints the slash, too.
                    if said.is_none() && !path.is_empty() && self.is_folder(&asset.path, MAX_DEPTH) {
                        path.push('/');
                    }
                    Some(Asset { path: path.into(), said, line, how, folder })
                }
                (Some(_), None) => self.folder_of(asset).map(|path| {
                    let how = AssetUse::ReadFrom;
                    Asset { path: path.into(), said: None, line, how, folder }
                }),
                _ => None,
            };
            found.push(used);
        }
        (found, made)
    }
}

/// Whether a path ends as those of files do that people or compilers write.
fn is_shipped(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && SHIPPED.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_shipped_are_told_by_their_endings() {
        assert!(!is_shipped("data/.env") && !is_shipped("x.db") && is_shipped("views/a.html"));
    }
}
