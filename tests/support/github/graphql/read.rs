//! Parses a query, with its variables, into a tree of fields.

use serde_json::{Map, Value};

use super::Refusal;

#[derive(Debug)]
pub struct Field {
    /// The alias, or the name.
    pub key: String,
    pub name: String,
    pub arguments: Map<String, Value>,
    pub fields: Vec<Field>,
}

pub fn query(text: &str, variables: &Value) -> Result<Vec<Field>, Refusal> {
    let mut reader = Reader {
        words: words(text),
        at: 0,
        variables: Map::new(),
    };
    if reader.peek() != "{" {
        let kind = reader.next();
        if kind != "query" {
            return Err(Refusal::new(format!("the fake has no {kind}")));
        }
        if !matches!(reader.peek(), "(" | "{") {
            reader.next();
        }
        reader.declarations(variables)?;
    }
    let fields = reader.selection()?;
    match reader.peek() {
        "" => Ok(fields),
        more => Err(Refusal::new(format!(
            "the fake reads one operation only, then came {more}"
        ))),
    }
}

/// Punctuation, names, numbers, and strings with their opening quote kept to tell them from names.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        if first.is_whitespace() || first == ',' {
            continue;
        }
        let mut word = String::from(first);
        if first == '#' {
            while rest.next_if(|c| *c != '\n').is_some() {}
            continue;
        } else if first == '"' {
            while let Some(c) = rest.next() {
                match c {
                    '"' => break,
                    '\\' => word.extend(rest.next()),
                    _ => word.push(c),
                }
            }
        } else if first.is_alphanumeric() || matches!(first, '_' | '-' | '$' | '.') {
            while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
                word.push(c);
            }
        }
        words.push(word);
    }
    words
}

struct Reader {
    words: Vec<String>,
    at: usize,
    variables: Map<String, Value>,
}

impl Reader {
    fn peek(&self) -> &str {
        self.words.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.words.get(self.at - 1).cloned().unwrap_or_default()
    }

    fn skip(&mut self, word: &str) -> bool {
        let here = self.peek() == word;
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, word: &str) -> Result<(), Refusal> {
        if self.skip(word) {
            return Ok(());
        }
        let found = self.peek().to_owned();
        Err(Refusal::new(format!("Expected {word}, actual: {found}")))
    }

    /// `($owner: String!, $first: Int = 100)`
    fn declarations(&mut self, given: &Value) -> Result<(), Refusal> {
        if !self.skip("(") {
            return Ok(());
        }
        while !self.skip(")") {
            let name = self.next();
            self.expect(":")?;
            let mut kind = String::new();
            while !matches!(self.peek(), "$" | ")" | "=" | "") && !self.peek().starts_with('$') {
                kind += &self.next();
            }
            let default = if self.skip("=") {
                self.value()?
            } else {
                Value::Null
            };
            let name = name.trim_start_matches('$').to_owned();
            let value = match &given[&name] {
                Value::Null => default,
                value => value.clone(),
            };
            let wrong = match kind.trim_end_matches('!') {
                "String" | "ID" => !value.is_string(),
                "Int" => !value.is_i64() && !value.is_u64(),
                "Boolean" => !value.is_boolean(),
                _ => false,
            };
            if (value.is_null() && kind.ends_with('!')) || (wrong && !value.is_null()) {
                let message = format!("Variable ${name} of type {kind} was provided invalid value");
                return Err(Refusal::new(message));
            }
            self.variables.insert(name, value);
        }
        Ok(())
    }

    fn selection(&mut self) -> Result<Vec<Field>, Refusal> {
        self.expect("{")?;
        let mut fields = Vec::new();
        while !self.skip("}") {
            let mut name = self.next();
            // `... on Blob { … }`: a field whose name is the type.
            if name == "..." && self.skip("on") {
                let kind = self.next();
                fields.push(Field {
                    key: String::new(),
                    name: format!("... on {kind}"),
                    arguments: Map::new(),
                    fields: self.selection()?,
                });
                continue;
            }
            if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                return Err(Refusal::new(format!(
                    "the fake cannot read a query with `{name}` here"
                )));
            }
            let key = name.clone();
            if self.skip(":") {
                name = self.next();
            }
            let arguments = self.arguments()?;
            let fields_below = match self.peek() {
                "{" => self.selection()?,
                _ => Vec::new(),
            };
            fields.push(Field {
                key,
                name,
                arguments,
                fields: fields_below,
            });
        }
        Ok(fields)
    }

    fn arguments(&mut self) -> Result<Map<String, Value>, Refusal> {
        let mut all = Map::new();
        if self.skip("(") {
            while !self.skip(")") {
                let name = self.next();
                self.expect(":")?;
                all.insert(name, self.value()?);
            }
        }
        Ok(all)
    }

    fn value(&mut self) -> Result<Value, Refusal> {
        let word = self.next();
        if let Some(name) = word.strip_prefix('$') {
            let undeclared = || Refusal::new(format!("Variable ${name} is used but not declared"));
            return self.variables.get(name).cloned().ok_or_else(undeclared);
        }
        if let Some(text) = word.strip_prefix('"') {
            return Ok(Value::from(text));
        }
        match word.as_str() {
            "[" => {
                let mut list = Vec::new();
                while !self.skip("]") {
                    list.push(self.value()?);
                }
                Ok(Value::Array(list))
            }
            "{" => {
                let mut object = Map::new();
                while !self.skip("}") {
                    let key = self.next();
                    self.expect(":")?;
                    object.insert(key, self.value()?);
                }
                Ok(Value::Object(object))
            }
            "" | ")" | "}" | "]" => Err(Refusal::new("Expected a value")),
            // Any other word is the name of an enum's value.
            word => Ok(serde_json::from_str(word).unwrap_or_else(|_| Value::from(word))),
        }
    }
}
