//! Evaluates the expressions of built-in products in a fraction of the engine's time: the engine counts and measures each step, because
//! repositories bring products of their own. Whatever is not known here, and every mistake, is left to the engine.

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, State, Value};

use super::direct_text::{slice, write_text};

/// Expressions, items and statements of one evaluation: far fewer than the engine allows.
const MAX_STEPS: usize = 20_000;
/// Bytes of a text that an expression builds.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Steps of the engine that filters and tests may take.
const MAX_FILTER_STEPS: u64 = 50_000;

/// A parsed expression of a built-in product.
pub(super) struct DirectExpression(Expr<'static>);

impl DirectExpression {
    pub fn new(source: &str) -> Option<Self> {
        parse_expr(leaked(source)).ok().map(Self)
    }

    /// `None` if the engine has to evaluate.
    pub fn eval(&self, engine: &Environment<'static>, scope: &Value) -> Option<Value> {
        let value = Evaluation::new(engine, scope).value(&self.0)?;
        (!value.is_undefined()).then_some(value)
    }
}

pub(super) fn leaked(text: &str) -> &'static str {
    Box::leak(text.into())
}

/// A variable of a template.
pub(super) enum Local {
    Value(Value),
    Namespace(Vec<(&'static str, Value)>),
    Loop { is_last: bool },
}

/// One evaluation or rendering.
pub(super) struct Evaluation<'e> {
    engine: &'e Environment<'static>,
    scope: &'e Value,
    /// Innermost last.
    pub locals: Vec<(&'static str, Local)>,
    /// The first local of the innermost loop.
    pub frame: usize,
    steps: usize,
    /// Of filters and tests.
    state: Option<State<'e, 'e>>,
}

impl<'e> Evaluation<'e> {
    pub fn new(engine: &'e Environment<'static>, scope: &'e Value) -> Self {
        Self {
            engine,
            scope,
            locals: Vec::new(),
            frame: 0,
            steps: 0,
            state: None,
        }
    }

    pub fn step(&mut self) -> Option<()> {
        self.steps += 1;
        (self.steps <= MAX_STEPS).then_some(())
    }

    pub fn store(&mut self, name: &'static str, local: Local) {
        let mut own = self.locals.iter_mut().skip(self.frame);
        match own.find(|(known, _)| *known == name) {
            Some((_, known)) => *known = local,
            None => self.locals.push((name, local)),
        }
    }

    /// `None` also for an undefined value.
    pub fn is_true(&mut self, expression: &'e Expr<'static>) -> Option<bool> {
        Some(self.defined(expression)?.is_true())
    }

    fn defined(&mut self, expression: &'e Expr<'static>) -> Option<Value> {
        let value = self.value(expression)?;
        (!value.is_undefined()).then_some(value)
    }

    pub fn value(&mut self, expression: &'e Expr<'static>) -> Option<Value> {
        self.step()?;
        match expression {
            Expr::Var(variable) => self.variable(variable.id),
            Expr::Const(constant) => Some(constant.value.clone()),
            Expr::GetAttr(attribute) => {
                if let Expr::Var(variable) = &attribute.expr
                    && let Some(local) = self.local(variable.id)
                {
                    return member(local, attribute.name);
                }
                self.defined(&attribute.expr)?.get_attr(attribute.name).ok()
            }
            Expr::GetItem(item) => {
                let value = self.defined(&item.expr)?;
                let key = self.defined(&item.subscript_expr)?;
                value.get_item(&key).ok()
            }
            Expr::Slice(part) => {
                let value = self.defined(&part.expr)?;
                let mut bound = |bound: &'e Option<Expr<'static>>| match bound {
                    Some(bound) => Some(Some(i64::try_from(self.defined(bound)?).ok()?)),
                    None => Some(None),
                };
                let (start, stop) = (bound(&part.start)?, bound(&part.stop)?);
                match part.step {
                    None => slice(&value, start, stop),
                    Some(_) => None,
                }
            }
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => Some(Value::from(!self.is_true(&unary.expr)?)),
                UnaryOpKind::Neg => {
                    let number = self.defined(&unary.expr)?;
                    integer(&number)?.checked_neg().map(Value::from)
                }
            },
            Expr::BinOp(binary) => match binary.op {
                BinOpKind::ScAnd | BinOpKind::ScOr => {
                    let left = self.defined(&binary.left)?;
                    match left.is_true() == matches!(binary.op, BinOpKind::ScAnd) {
                        true => self.value(&binary.right),
                        false => Some(left),
                    }
                }
                BinOpKind::Concat => {
                    let mut text = String::new();
                    self.concatenate(expression, &mut text)?;
                    Some(Value::from(text))
                }
                BinOpKind::Add => {
                    let (left, right) = (self.defined(&binary.left)?, self.defined(&binary.right)?);
                    let left = left.downcast_object_ref::<Vec<Value>>()?;
                    let right = right.downcast_object_ref::<Vec<Value>>()?;
                    self.steps += left.len() + right.len();
                    Some(Value::from([left.as_slice(), right.as_slice()].concat()))
                }
                BinOpKind::Sub => {
                    let (left, right) = (self.defined(&binary.left)?, self.defined(&binary.right)?);
                    integer(&left)?
                        .checked_sub(integer(&right)?)
                        .map(Value::from)
                }
                operator => {
                    let comparison = comparison(operator)?;
                    let (left, right) = (self.defined(&binary.left)?, self.defined(&binary.right)?);
                    compared(comparison, &left, &right).map(Value::from)
                }
            },
            Expr::Compare(compare) => {
                let mut left = self.defined(&compare.expr)?;
                for step in &compare.ops {
                    let right = self.defined(&step.expr)?;
                    if !compared(step.op, &left, &right)? {
                        return Some(Value::from(false));
                    }
                    left = right;
                }
                Some(Value::from(true))
            }
            Expr::IfExpr(choice) => match self.is_true(&choice.test_expr)? {
                true => self.value(&choice.true_expr),
                false => self.value(choice.false_expr.as_ref()?),
            },
            Expr::Filter(filter) => {
                let input = filter.expr.as_ref()?;
                self.called(filter.name, input, &filter.args, |state, name, values| {
                    state.apply_filter(name, values)
                })
            }
            Expr::Test(test) => {
                let is = |value: bool| Some(Value::from(value));
                match test.name {
                    "defined" => is(!self.value(&test.expr)?.is_undefined()),
                    "undefined" => is(self.value(&test.expr)?.is_undefined()),
                    name => self.called(name, &test.expr, &test.args, |state, name, values| {
                        state.perform_test(name, values).map(Value::from)
                    }),
                }
            }
            Expr::List(list) => {
                let items = list.items.iter().map(|item| self.value(item));
                items.collect::<Option<Vec<Value>>>().map(Value::from)
            }
            Expr::Map(map) => {
                let pairs = map.keys.iter().zip(&map.values);
                let pairs = pairs.map(|(key, value)| Some((self.value(key)?, self.value(value)?)));
                let pairs: Option<Vec<(Value, Value)>> = pairs.collect();
                pairs.map(Value::from_pairs)
            }
            Expr::Call(_) | Expr::Tuple(_) => None,
        }
    }

    fn local(&self, name: &str) -> Option<&Local> {
        let mut locals = self.locals.iter().rev();
        locals
            .find(|(known, _)| *known == name)
            .map(|(_, local)| local)
    }

    fn variable(&self, name: &str) -> Option<Value> {
        match self.local(name) {
            Some(Local::Value(value)) => Some(value.clone()),
            Some(_) => None,
            // The engine has variables of its own.
            None => self
                .scope
                .get_attr(name)
                .ok()
                .filter(|it| !it.is_undefined()),
        }
    }

    /// All texts of `a ~ b ~ c` at once.
    fn concatenate(&mut self, expression: &'e Expr<'static>, text: &mut String) -> Option<()> {
        match expression {
            Expr::BinOp(binary) if matches!(binary.op, BinOpKind::Concat) => {
                self.step()?;
                self.concatenate(&binary.left, text)?;
                self.concatenate(&binary.right, text)
            }
            _ => {
                write_text(text, &self.defined(expression)?)?;
                (text.len() <= MAX_TEXT_BYTES).then_some(())
            }
        }
    }

    /// The result of a filter or a test.
    fn called(
        &mut self,
        name: &str,
        input: &'e Expr<'static>,
        arguments: &'e [CallArg<'static>],
        call: impl Fn(&mut State<'e, 'e>, &str, &[Value]) -> Result<Value, Error>,
    ) -> Option<Value> {
        let mut values = vec![self.value(input)?];
        let mut named = Vec::new();
        for argument in arguments {
            match argument {
                CallArg::Pos(value) => values.push(self.value(value)?),
                CallArg::Kwarg(name, value) => named.push((*name, self.value(value)?)),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => return None,
            }
        }
        if !named.is_empty() {
            values.push(Value::from(Kwargs::from_iter(named)));
        }
        let engine = self.engine;
        let state = self.state.get_or_insert_with(|| engine.empty_state());
        let value = call(state, name, &values).ok()?;
        let (spent, _) = state.fuel_levels()?;
        (spent <= MAX_FILTER_STEPS).then_some(value)
    }
}

/// A member of a variable.
fn member(local: &Local, name: &str) -> Option<Value> {
    match local {
        Local::Value(value) if value.is_undefined() => None,
        Local::Value(value) => value.get_attr(name).ok(),
        Local::Namespace(values) => {
            let mut values = values.iter();
            values
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.clone())
        }
        Local::Loop { is_last } => (name == "last").then(|| Value::from(*is_last)),
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value.is_integer() {
        true => i64::try_from(value.clone()).ok(),
        false => None,
    }
}

/// The comparison of an operator. A chain of comparisons is another expression.
fn comparison(operator: BinOpKind) -> Option<CompareOpKind> {
    Some(match operator {
        BinOpKind::Eq => CompareOpKind::Eq,
        BinOpKind::Ne => CompareOpKind::Ne,
        BinOpKind::Lt => CompareOpKind::Lt,
        BinOpKind::Lte => CompareOpKind::Lte,
        BinOpKind::Gt => CompareOpKind::Gt,
        BinOpKind::Gte => CompareOpKind::Gte,
        BinOpKind::In => CompareOpKind::In,
        _ => return None,
    })
}

fn compared(kind: CompareOpKind, left: &Value, right: &Value) -> Option<bool> {
    Some(match kind {
        CompareOpKind::Eq => left == right,
        CompareOpKind::Ne => left != right,
        CompareOpKind::Lt => left < right,
        CompareOpKind::Lte => left <= right,
        CompareOpKind::Gt => left > right,
        CompareOpKind::Gte => left >= right,
        CompareOpKind::In => is_in(left, right)?,
        CompareOpKind::NotIn => !is_in(left, right)?,
    })
}

fn is_in(value: &Value, list: &Value) -> Option<bool> {
    match (value.as_str(), list.as_str()) {
        (Some(part), Some(text)) => Some(text.contains(part)),
        _ if list.kind() == ValueKind::Seq => {
            Some(list.try_iter().ok()?.any(|item| item == *value))
        }
        _ => None,
    }
}
