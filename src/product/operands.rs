//! Measures every operand of a product's templates and expressions.
//!
//! A list that contains another one twice costs the engine nothing, so 40 lines can build a value of a million million items. The
//! engine's fuel pays for instructions and new texts, not for the items that an operator or a filter visits inside such a value.
//! So each operand that may be a list or a map is passed through a filter that measures it and charges for its size: `a ~ b`
//! becomes `(a)|measured ~ (b)|measured`. Lines keep their numbers.

use minijinja::machinery::ast::{
    BinOp, BinOpKind, Call, CallArg, Expr, Macro, Stmt, UnaryOp, UnaryOpKind,
};
use minijinja::machinery::{parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};

use super::limits::MEASURED;

/// A template's source with measured operands.
pub(super) fn measure_template(
    name: &str,
    source: &str,
    syntax: SyntaxConfig,
) -> Result<String, Error> {
    let tree = parse(source, name, syntax)?;
    let mut operands = Operands::new(source);
    operands.statement(&tree);
    operands.rewritten()
}

/// An expression's source with measured operands.
pub(super) fn measure_expression(source: &str) -> Result<String, Error> {
    let tree = parse_expr(source)?;
    let mut operands = Operands::new(source);
    operands.expression(&tree);
    operands.rewritten()
}

/// Operators on top of each other in one expression. The engine computes constant operands again for each operator above them.
const MAX_DEPTH: usize = 200;

/// Insertions into a source, by byte.
struct Operands<'s> {
    source: &'s str,
    insertions: Vec<(usize, String)>,
    /// Of the expression that is being visited.
    depth: usize,
    /// The line of an expression that is too deep.
    too_deep: Option<u16>,
}

impl<'s> Operands<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            source,
            insertions: Vec::new(),
            depth: 0,
            too_deep: None,
        }
    }

    /// Insertions at one byte are either all opening or all closing, because a token separates two expressions. So their
    /// order does not matter.
    fn rewritten(mut self) -> Result<String, Error> {
        if let Some(line) = self.too_deep {
            let message =
                format!("more than {MAX_DEPTH} operators in an expression in line {line}");
            return Err(Error::new(ErrorKind::SyntaxError, message));
        }
        self.insertions.sort_by_key(|(at, _)| *at);
        let mut text = String::with_capacity(self.source.len() + 16 * self.insertions.len());
        let mut from = 0;
        for (at, insertion) in &self.insertions {
            text.push_str(self.source.get(from..*at).unwrap_or_default());
            text.push_str(insertion);
            from = *at;
        }
        text.push_str(self.source.get(from..).unwrap_or_default());
        Ok(text)
    }

    /// Measures an operand, if it may be a list or a map, and its own operands. Returns its first byte.
    fn operand(&mut self, expression: &Expr<'_>) -> usize {
        self.wrapped(expression, "(", ")|")
    }

    /// Like [`Self::operand`], where the grammar takes no filter without parentheses.
    fn enclosed_operand(&mut self, expression: &Expr<'_>) -> usize {
        let start = self.wrapped(expression, "((", ")|");
        if !is_scalar(expression) {
            let end = expression.span().end_offset as usize;
            self.insertions.push((end, ")".to_owned()));
        }
        start
    }

    fn wrapped(&mut self, expression: &Expr<'_>, before: &str, after: &str) -> usize {
        let start = self.visit(expression);
        if !is_scalar(expression) {
            self.insertions.push((start, before.to_owned()));
            let end = expression.span().end_offset as usize;
            self.insertions.push((end, format!("{after}{MEASURED}")));
        }
        start
    }

    /// Measures the operands inside an expression. Returns its first byte, without the parentheses around it: an opening
    /// parenthesis may be inside of them. The engine's spans begin too late for filters and tests, and too early for
    /// comparisons.
    fn visit(&mut self, expression: &Expr<'_>) -> usize {
        if self.depth >= MAX_DEPTH {
            self.too_deep = Some(expression.span().start_line);
            return 0;
        }
        self.depth += 1;
        let start = self.visit_parts(expression);
        self.depth -= 1;
        start
    }

    fn visit_parts(&mut self, expression: &Expr<'_>) -> usize {
        let own = expression.span().start_offset as usize;
        match expression {
            Expr::Var(_) | Expr::Const(_) => own,
            Expr::UnaryOp(unary) => self.unary(unary, own),
            Expr::BinOp(binary) => self.binary(binary),
            Expr::Compare(compare) => {
                let start = self.operand(&compare.expr);
                self.operands(compare.ops.iter().map(|step| &step.expr));
                start
            }
            Expr::IfExpr(choice) => {
                let start = self.visit(&choice.true_expr);
                self.visit(&choice.test_expr);
                if let Some(other) = &choice.false_expr {
                    self.visit(other);
                }
                start
            }
            Expr::Filter(filter) => {
                let start = filter.expr.as_ref().map(|input| self.operand(input));
                self.operands(filter.args.iter().map(argument_value));
                start.unwrap_or(own)
            }
            Expr::Test(test) => {
                let start = self.operand(&test.expr);
                // A single argument needs no parentheses.
                for argument in &test.args {
                    self.enclosed_operand(argument_value(argument));
                }
                start
            }
            Expr::GetAttr(attribute) => self.visit(&attribute.expr),
            Expr::GetItem(item) => {
                let start = self.visit(&item.expr);
                self.operand(&item.subscript_expr);
                start
            }
            Expr::Slice(slice) => {
                let start = self.enclosed_operand(&slice.expr);
                self.operands(
                    [&slice.start, &slice.stop, &slice.step]
                        .into_iter()
                        .flatten(),
                );
                start
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                self.operands(&list.items);
                own
            }
            Expr::Tuple(tuple) => {
                self.operands(&tuple.items);
                own
            }
            Expr::Map(map) => {
                self.operands(&map.keys);
                self.operands(&map.values);
                own
            }
        }
    }

    fn operands<'e, 's2: 'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr<'s2>>) {
        for expression in expressions {
            self.operand(expression);
        }
    }

    /// `not` is before its operand, or in the middle: `a not in b`, `a is not defined`.
    fn unary(&mut self, unary: &UnaryOp<'_>, own: usize) -> usize {
        let operand = self.operand(&unary.expr);
        let token = match unary.op {
            UnaryOpKind::Not => "not",
            UnaryOpKind::Neg => "-",
        };
        match self.source.get(own..) {
            Some(rest) if rest.starts_with(token) => own.min(operand),
            _ => operand,
        }
    }

    fn binary(&mut self, binary: &BinOp<'_>) -> usize {
        // `and` and `or` yield one of their operands, and read no item.
        if matches!(binary.op, BinOpKind::ScAnd | BinOpKind::ScOr) {
            let start = self.visit(&binary.left);
            self.visit(&binary.right);
            return start;
        }
        let start = self.operand(&binary.left);
        self.operand(&binary.right);
        start
    }

    fn call(&mut self, call: &Call<'_>) -> usize {
        let start = self.visit(&call.expr);
        self.operands(call.args.iter().map(argument_value));
        start
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        self.visit(expression);
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        statements
            .iter()
            .for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::EmitRaw(_) => {}
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitExpr(emitted) => self.expression(&emitted.expr),
            Stmt::ForLoop(each) => {
                self.expression(&each.iter);
                each.filter_expr
                    .iter()
                    .for_each(|filter| self.expression(filter));
                self.statements(&each.body);
                self.statements(&each.else_body);
            }
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.statements(&condition.true_body);
                self.statements(&condition.false_body);
            }
            Stmt::WithBlock(with) => {
                with.assignments
                    .iter()
                    .for_each(|(_, value)| self.expression(value));
                self.statements(&with.body);
            }
            Stmt::Set(set) => self.expression(&set.expr),
            Stmt::SetBlock(set) => {
                set.filter
                    .iter()
                    .for_each(|filter| self.filter_chain(filter));
                self.statements(&set.body);
            }
            Stmt::AutoEscape(escape) => {
                self.expression(&escape.enabled);
                self.statements(&escape.body);
            }
            Stmt::FilterBlock(block) => {
                self.filter_chain(&block.filter);
                self.statements(&block.body);
            }
            Stmt::Block(block) => self.statements(&block.body),
            Stmt::Import(import) => self.expression(&import.expr),
            Stmt::FromImport(import) => self.expression(&import.expr),
            Stmt::Extends(parent) => self.expression(&parent.name),
            Stmt::Include(include) => self.expression(&include.name),
            Stmt::Macro(definition) => self.definition(definition),
            Stmt::CallBlock(block) => {
                self.call(&block.call);
                self.definition(&block.macro_decl);
            }
            Stmt::Do(statement) => {
                self.call(&statement.call);
            }
        }
    }

    fn definition(&mut self, definition: &Macro<'_>) {
        definition
            .defaults
            .iter()
            .for_each(|default| self.expression(default));
        self.statements(&definition.body);
    }

    /// The filters of a block. Their input is the text of the block, which has no place in the source.
    fn filter_chain(&mut self, filter: &Expr<'_>) {
        if let Expr::Filter(filter) = filter {
            filter
                .expr
                .iter()
                .for_each(|input| self.filter_chain(input));
            self.operands(filter.args.iter().map(argument_value));
        }
    }
}

fn argument_value<'e, 's>(argument: &'e CallArg<'s>) -> &'e Expr<'s> {
    match argument {
        CallArg::Pos(value)
        | CallArg::Kwarg(_, value)
        | CallArg::PosSplat(value)
        | CallArg::KwargSplat(value) => value,
    }
}

/// Whether an expression yields a number, a truth value, or a text that the engine has charged for.
fn is_scalar(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Const(_) | Expr::UnaryOp(_) | Expr::Test(_) | Expr::Compare(_) => true,
        Expr::BinOp(binary) => !matches!(
            binary.op,
            BinOpKind::Add | BinOpKind::Mul | BinOpKind::ScAnd | BinOpKind::ScOr
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_measured_where_they_stand() {
        for (source, expected) in [
            ("a", "a"),
            ("a.b ~ 'c' ~ d[0]", "(a.b)|M ~ 'c' ~ (d[0])|M"),
            ("(a + b) * 2", "(((a)|M + (b)|M)|M) * 2"),
            ("((a))|length == 1", "((((a)|M))|length)|M == 1"),
            ("[x, [y, 1]]", "[(x)|M, ([(y)|M, 1])|M]"),
            ("{a: b}", "{(a)|M: (b)|M}"),
            ("(a.b).c[1:d]", "(((a.b).c)|M)[1:(d)|M]"),
            ("a|f(b, c=d)|g", "((a)|M|f((b)|M, c=(d)|M))|M|g"),
            ("x and a not in b", "x and (a)|M not in (b)|M"),
            ("not a is in [1]", "not (a)|M is in (([1])|M)"),
            ("f(*a, **b)", "f(*(a)|M, **(b)|M)"),
            ("[a if b else c]", "[(a if b else c)|M]"),
            ("-a.b + 1", "-(a.b)|M + 1"),
        ] {
            let measured = measure_expression(source).unwrap().replace(MEASURED, "M");
            // An opening parenthesis may be on either side of another one.
            assert_eq!(measured, expected, "{source}");
        }
    }
}
