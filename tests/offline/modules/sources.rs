//! The crate's sources as modules, and the paths that each file names outside of its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Item, UseTree, Visibility};

/// Segments, such as `["crate", "guard", "decide"]`.
pub type ModulePath = Vec<String>;

/// A `use` of one name.
struct Import {
    scope: ModulePath,
    path: ModulePath,
    /// The name that it brings into scope; `None` for `*`.
    name: Option<String>,
    /// `pub use`: a dependency of the file only if its own code has the name too.
    exported: bool,
}

/// A path in code, with the module that it stands in.
struct Mention {
    scope: ModulePath,
    path: ModulePath,
}

/// Every file of `src`, parsed. Files are named from `src`, such as `guard/rules/mod.rs`.
#[derive(Default)]
pub struct Sources {
    files: BTreeMap<String, ModulePath>,
    modules: BTreeMap<ModulePath, String>,
    imports: BTreeMap<String, Vec<Import>>,
    mentions: BTreeMap<String, Vec<Mention>>,
    code: BTreeMap<String, TokenStream>,
    /// The identifiers of each file outside of `use`.
    idents: BTreeMap<String, BTreeSet<String>>,
    pub lines: BTreeMap<String, usize>,
    /// The structs, enums, traits and type aliases that each file defines.
    types: Vec<(String, String)>,
}

impl Sources {
    pub fn parse(texts: &BTreeMap<String, String>) -> Self {
        let mut sources = Self::default();
        for (file, text) in texts {
            let module = module_of(file);
            let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
            sources.files.insert(file.clone(), module.clone());
            sources.modules.insert(module.clone(), file.clone());
            sources.lines.insert(file.clone(), text.lines().count());
            let inner = parsed.attrs.iter().map(|attr| attr.to_token_stream());
            sources.code.entry(file.clone()).or_default().extend(inner);
            sources.read(file, &module, parsed.items);
        }
        sources
    }

    fn read(&mut self, file: &str, scope: &ModulePath, items: Vec<Item>) {
        for item in items {
            if is_test(attributes(&item)) {
                continue;
            }
            let tokens = item.to_token_stream();
            let code = self.code.entry(file.to_owned()).or_default();
            code.extend(tokens.clone());
            if let Some(name) = type_name(&item) {
                self.types.push((name, file.to_owned()));
            }
            match item {
                Item::Use(item) => {
                    let exported = !matches!(item.vis, Visibility::Inherited);
                    let imports = self.imports.entry(file.to_owned()).or_default();
                    flatten(&item.tree, Vec::new(), &mut |path, name| {
                        imports.push(Import {
                            scope: scope.clone(),
                            path,
                            name,
                            exported,
                        });
                    });
                }
                Item::Mod(item) => {
                    let Some((_, items)) = item.content else {
                        continue;
                    };
                    let inner = joined(scope, &[item.ident.to_string()]);
                    self.modules.insert(inner.clone(), file.to_owned());
                    self.read(file, &inner, items);
                }
                _ => {
                    let idents = self.idents.entry(file.to_owned()).or_default();
                    identifiers(tokens.clone(), idents);
                    let mentions = self.mentions.entry(file.to_owned()).or_default();
                    paths(tokens, &mut |path| {
                        mentions.push(Mention {
                            scope: scope.clone(),
                            path,
                        });
                    });
                }
            }
        }
    }

    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The files that define a type, by its name.
    pub fn types(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, file) in &self.types {
            types.entry(name).or_default().push(file);
        }
        types
    }

    /// A file's tokens without comments and tests; doc comments are attributes.
    pub fn code(&self, file: &str) -> TokenStream {
        self.code.get(file).cloned().unwrap_or_default()
    }

    /// Every path that a file names, re-exports included, from the crate's root or from an external crate.
    pub fn named(&self, file: &str) -> BTreeSet<ModulePath> {
        let imports = self.imports.get(file).into_iter().flatten();
        let imports = imports.map(|import| (&import.scope, &import.path));
        let mentions = self.mentions.get(file).into_iter().flatten();
        let mentions = mentions.map(|mention| (&mention.scope, &mention.path));
        imports
            .chain(mentions)
            .map(|(scope, path)| self.absolute(scope, path, 0))
            .collect()
    }

    /// The files whose items a file uses. A re-export is followed to the file that defines the item; a file that only re-exports
    /// an item does not use it.
    pub fn used(&self, file: &str) -> BTreeSet<&str> {
        let has = |name: &String| self.idents.get(file).is_some_and(|all| all.contains(name));
        let imports = self.imports.get(file).into_iter().flatten();
        let imports =
            imports.filter(|import| !import.exported || import.name.as_ref().is_some_and(has));
        let imports = imports.map(|import| (&import.scope, &import.path));
        let mentions = self.mentions.get(file).into_iter().flatten();
        let mentions = mentions.map(|mention| (&mention.scope, &mention.path));
        imports
            .chain(mentions)
            .filter_map(|(scope, path)| self.home(&self.absolute(scope, path, 0), 0))
            .filter(|home| *home != file && *home != "lib.rs")
            .collect()
    }

    /// The path from the crate's root (`crate` first). A path that begins with no module of the crate is left as it is.
    fn absolute(&self, scope: &ModulePath, path: &ModulePath, depth: usize) -> ModulePath {
        let mut base = scope.clone();
        let mut rest = path.as_slice();
        match rest.first().map(String::as_str) {
            Some("crate") => (base, rest) = (Vec::new(), &rest[1..]),
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|first| first == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            Some(first) => {
                let child = joined(&base, std::slice::from_ref(&rest[0]));
                if !self.modules.contains_key(&child) {
                    let import = self.import(scope, first).filter(|_| depth < 8);
                    return match import {
                        Some(import) if import.path.first() != Some(&rest[0]) => {
                            let path = joined(&import.path, &rest[1..]);
                            self.absolute(scope, &path, depth + 1)
                        }
                        _ => path.clone(),
                    };
                }
            }
            None => return path.clone(),
        }
        let mut absolute = vec!["crate".to_owned()];
        absolute.extend(base);
        absolute.extend(rest.iter().cloned());
        absolute
    }

    /// The file that defines what an absolute path names.
    fn home(&self, path: &ModulePath, depth: usize) -> Option<&str> {
        let (first, rest) = path.split_first()?;
        if first != "crate" {
            return None;
        }
        let mut module = Vec::new();
        for (at, segment) in rest.iter().enumerate() {
            let inner = joined(&module, std::slice::from_ref(segment));
            if self.modules.contains_key(&inner) {
                module = inner;
                continue;
            }
            if let Some(import) = self.import(&module, segment).filter(|_| depth < 8) {
                let target = joined(&import.path, &rest[at + 1..]);
                let target = self.absolute(&module, &target, 0);
                return self.home(&target, depth + 1);
            }
            break;
        }
        self.modules.get(&module).map(String::as_str)
    }

    fn import(&self, scope: &ModulePath, name: &str) -> Option<&Import> {
        let imports = self.imports.get(self.modules.get(scope)?)?;
        imports
            .iter()
            .find(|import| import.scope == *scope && import.name.as_deref() == Some(name))
    }
}

/// `src` of this package.
#[expect(clippy::disallowed_methods, reason = "the sources are read as files")]
pub fn package_sources() -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, texts: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, texts);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                texts.insert(name.to_owned(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = BTreeMap::new();
    walk(&root, &root, &mut texts);
    texts
}

fn joined(path: &[String], rest: &[String]) -> ModulePath {
    path.iter().chain(rest).cloned().collect()
}

/// `guard/rules/mod.rs` → `["guard", "rules"]`.
fn module_of(file: &str) -> ModulePath {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    match path {
        "lib" | "main" => Vec::new(),
        path => path.split('/').map(str::to_owned).collect(),
    }
}

fn type_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Enum(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.to_token_stream().to_string();
        attribute.path().is_ident("cfg") && (text.contains("test") || text.contains("doctest"))
    })
}

fn flatten(tree: &UseTree, path: ModulePath, each: &mut impl FnMut(ModulePath, Option<String>)) {
    match tree {
        UseTree::Path(tree) => {
            flatten(&tree.tree, joined(&path, &[tree.ident.to_string()]), each);
        }
        UseTree::Name(tree) if tree.ident == "self" => each(path.clone(), path.last().cloned()),
        UseTree::Name(tree) => {
            let name = tree.ident.to_string();
            each(joined(&path, std::slice::from_ref(&name)), Some(name));
        }
        UseTree::Rename(tree) => each(
            joined(&path, &[tree.ident.to_string()]),
            Some(tree.rename.to_string()),
        ),
        UseTree::Glob(_) => each(path, None),
        UseTree::Group(tree) => {
            for tree in &tree.items {
                flatten(tree, path.clone(), each);
            }
        }
    }
}

fn identifiers(tokens: TokenStream, all: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => identifiers(group.stream(), all),
            TokenTree::Ident(ident) => _ = all.insert(ident.to_string()),
            _ => {}
        }
    }
}

/// Calls `each` for every path of at least two segments, inside macros too.
fn paths(tokens: TokenStream, each: &mut impl FnMut(ModulePath)) {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => paths(group.stream(), each),
            TokenTree::Ident(first) => {
                let mut path = vec![first.to_string()];
                while is_colon(tokens.get(at + 1)) && is_colon(tokens.get(at + 2)) {
                    let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else {
                        break;
                    };
                    path.push(next.to_string());
                    at += 3;
                }
                if path.len() > 1 {
                    each(path);
                }
            }
            _ => {}
        }
        at += 1;
    }
}
