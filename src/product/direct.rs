//! Renders the templates of built-in products in a fraction of the engine's time, with the expressions of `direct_value`. Whatever is not
//! known here, and every mistake, is left to the engine.

use std::collections::BTreeMap;

use minijinja::machinery::ast::{Call, CallArg, Expr, ForLoop, Set, Stmt};
use minijinja::machinery::parse;
use minijinja::value::ValueKind;
use minijinja::{Environment, Value};

use super::direct_value::{Evaluation, Local, leaked};
use super::expression::syntax;
use super::filters::write_json;

/// Bytes of a rendered file.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;
/// Templates that include each other.
const MAX_INCLUDES: usize = 8;

/// The parsed templates of a built-in product, by file. They live as long as the process, as the engine's do.
pub(super) struct DirectTemplates(BTreeMap<&'static str, Stmt<'static>>);

impl DirectTemplates {
    /// `None` if one of the templates does not parse: the engine reports it.
    pub fn new<'s>(files: impl Iterator<Item = (&'s String, &'s String)>) -> Option<Self> {
        let parsed = files.map(|(name, text)| {
            let name = leaked(name);
            Some((name, parse(leaked(text), name, syntax().ok()?).ok()?))
        });
        parsed.collect::<Option<_>>().map(Self)
    }

    /// `None` if the engine has to render.
    pub fn render(
        &self,
        engine: &Environment<'static>,
        name: &str,
        scope: &Value,
    ) -> Option<String> {
        let mut rendering = Rendering {
            templates: self,
            evaluation: Evaluation::new(engine, scope),
            output: String::new(),
            depth: 0,
        };
        rendering.statement(self.0.get(name)?)?;
        Some(rendering.output)
    }
}

struct Rendering<'e> {
    templates: &'e DirectTemplates,
    evaluation: Evaluation<'e>,
    output: String,
    /// Included templates inside each other.
    depth: usize,
}

impl<'e> Rendering<'e> {
    fn statements(&mut self, statements: &'e [Stmt<'static>]) -> Option<()> {
        statements
            .iter()
            .try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'e Stmt<'static>) -> Option<()> {
        self.evaluation.step()?;
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(raw) => {
                self.output.push_str(raw.raw);
                (self.output.len() <= MAX_OUTPUT_BYTES).then_some(())
            }
            Stmt::EmitExpr(emitted) => {
                let value = self.evaluation.value(&emitted.expr)?;
                write_json(&mut self.output, &value).ok()?;
                (self.output.len() <= MAX_OUTPUT_BYTES).then_some(())
            }
            Stmt::IfCond(condition) => match self.evaluation.is_true(&condition.expr)? {
                true => self.statements(&condition.true_body),
                false => self.statements(&condition.false_body),
            },
            Stmt::ForLoop(each) => self.for_loop(each),
            Stmt::Set(set) => self.set(set),
            // An included template shares the variables.
            Stmt::Include(include) => {
                let name = self.evaluation.value(&include.name)?;
                self.depth += 1;
                if self.depth > MAX_INCLUDES {
                    return None;
                }
                self.statement(self.templates.0.get(name.as_str()?)?)?;
                self.depth -= 1;
                Some(())
            }
            _ => None,
        }
    }

    fn for_loop(&mut self, each: &'e ForLoop<'static>) -> Option<()> {
        if each.recursive {
            return None;
        }
        let items = self.evaluation.value(&each.iter)?;
        if !matches!(
            items.kind(),
            ValueKind::Seq | ValueKind::Map | ValueKind::Iterable
        ) {
            return None;
        }
        let outer = std::mem::replace(&mut self.evaluation.frame, self.evaluation.locals.len());
        let mut kept = Vec::new();
        for item in items.try_iter().ok()? {
            self.evaluation.step()?;
            if let Some(filter) = &each.filter_expr {
                self.assign(&each.target, item.clone())?;
                if !self.evaluation.is_true(filter)? {
                    continue;
                }
            }
            kept.push(item);
        }
        self.evaluation.locals.truncate(self.evaluation.frame);
        let count = kept.len();
        for (index, item) in kept.into_iter().enumerate() {
            let is_last = index + 1 == count;
            self.evaluation.store("loop", Local::Loop { is_last });
            self.assign(&each.target, item)?;
            self.statements(&each.body)?;
        }
        self.evaluation.locals.truncate(self.evaluation.frame);
        self.evaluation.frame = outer;
        match count {
            0 => self.statements(&each.else_body),
            _ => Some(()),
        }
    }

    /// Sets a variable, or several ones to the items of a list.
    fn assign(&mut self, target: &'e Expr<'static>, value: Value) -> Option<()> {
        let targets = match target {
            Expr::Var(variable) => {
                self.evaluation.store(variable.id, Local::Value(value));
                return Some(());
            }
            Expr::List(list) => &list.items,
            Expr::Tuple(tuple) => &tuple.items,
            _ => return None,
        };
        if value.len()? != targets.len() {
            return None;
        }
        let mut items = value.try_iter().ok()?;
        targets
            .iter()
            .try_for_each(|target| self.assign(target, items.next()?))
    }

    fn set(&mut self, set: &'e Set<'static>) -> Option<()> {
        match (&set.target, &set.expr) {
            (Expr::GetAttr(attribute), expression) => {
                let value = self.evaluation.value(expression)?;
                let Expr::Var(variable) = &attribute.expr else {
                    return None;
                };
                let mut locals = self.evaluation.locals.iter_mut().rev();
                let (_, local) = locals.find(|(name, _)| *name == variable.id)?;
                let Local::Namespace(values) = local else {
                    return None;
                };
                match values.iter_mut().find(|(name, _)| *name == attribute.name) {
                    Some((_, known)) => *known = value,
                    None => values.push((attribute.name, value)),
                }
                Some(())
            }
            (Expr::Var(variable), Expr::Call(call)) => {
                let values = self.namespace(call)?;
                self.evaluation.store(variable.id, Local::Namespace(values));
                Some(())
            }
            (target, expression) => {
                let value = self.evaluation.value(expression)?;
                self.assign(target, value)
            }
        }
    }

    /// The values of `namespace(name=value)`.
    fn namespace(&mut self, call: &'e Call<'static>) -> Option<Vec<(&'static str, Value)>> {
        if !matches!(&call.expr, Expr::Var(function) if function.id == "namespace") {
            return None;
        }
        let values = call.args.iter().map(|argument| match argument {
            CallArg::Kwarg(name, value) => Some((*name, self.evaluation.value(value)?)),
            _ => None,
        });
        values.collect()
    }
}
