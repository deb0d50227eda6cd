//! A diagram of a template's resources and references, as SVG. It loads nothing, and its ids and classes are the program's own.

mod label;
mod layout;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use minijinja::value::Value;
use minijinja::{Error, context};

use super::html;
use crate::template::{DataKind, Document, Resource, ResourceReference, resource_references};
use label::{LINE_HEIGHT, Label};
use layout::{Connector, Layout, Point, layout};

/// Larger diagrams are unreadable. Layout up to this size takes less than a second.
const MAX_BOXES: usize = 100;
const MAX_LINES: usize = 200;
/// The smallest scale at which the text can be read. On a narrower screen the diagram scrolls.
const LEAST_SCALE: f64 = 0.9;
/// Pixels of half an arrow.
const ARROW: f64 = 4.0;

/// The SVG element; `None` if the template has too many resources or references, or none.
pub(super) fn diagram(document: &Document) -> Result<Option<String>, Error> {
    let resources: Vec<Resource<'_>> = document.resources().collect();
    let references = resource_references(document);
    if resources.is_empty() || resources.len() > MAX_BOXES || references.len() > MAX_LINES {
        return Ok(None);
    }
    let labels: Vec<Label> = resources.iter().map(Label::new).collect();
    let width = labels.iter().map(Label::width).fold(0.0, f64::max);
    let heights: Vec<f64> = labels.iter().map(Label::height).collect();
    let implied = implied(&references);
    let lines: Vec<Connector> = references
        .iter()
        .map(|reference| Connector {
            from: reference.from,
            to: reference.to,
            weight: if implied.contains(reference) { 1 } else { 3 },
        })
        .collect();
    let placed = layout(width, &heights, &lines);
    let svg = html::render_diagram(context! {
        width => pixels(placed.width),
        height => pixels(placed.height),
        least => pixels((placed.width * LEAST_SCALE).round()),
        resources => resources.len(),
        references => references.len(),
        lines => lines_of(&references, &implied, &placed),
        boxes => resources
            .iter()
            .zip(labels.iter().zip(&placed.corners))
            .zip(&heights)
            .map(|((resource, (label, corner)), height)| boxed(resource, label, *corner, (width, *height)))
            .collect::<Vec<_>>(),
    })?;
    Ok(Some(svg))
}

fn boxed(
    resource: &Resource<'_>,
    label: &Label,
    corner: Point,
    (width, height): (f64, f64),
) -> Value {
    let left = corner.x + label::PADDING;
    let texts = label.lines().enumerate().map(|(index, (text, class))| {
        let below = LINE_HEIGHT * (index as f64 + 1.0);
        context! { text, class, x => pixels(left), y => pixels(corner.y + below) }
    });
    context! {
        x => pixels(corner.x),
        y => pixels(corner.y),
        width => pixels(width),
        height => pixels(height),
        holds_data => resource.holds() == DataKind::Data,
        logical_id => resource.logical_id,
        type => resource.kind,
        texts => texts.collect::<Vec<_>>(),
    }
}

fn lines_of(
    references: &[ResourceReference],
    implied: &BTreeSet<ResourceReference>,
    placed: &Layout,
) -> Vec<Value> {
    let each = references.iter().zip(&placed.routes);
    let mut lines: Vec<(bool, Value)> = each
        .map(|(reference, route)| {
            let is_implied = implied.contains(reference);
            let class = match (is_implied, reference.uses_value) {
                (true, _) => "implied",
                (false, true) => "uses",
                (false, false) => "depends",
            };
            (is_implied, context! { path => path(route), class })
        })
        .collect();
    // The others are drawn over them.
    lines.sort_by_key(|(is_implied, _)| !is_implied);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The line through the points, with an arrow at its end, which points to the left.
fn path(route: &[Point]) -> String {
    let mut path = String::new();
    let mut last: Option<Point> = None;
    for &point in route {
        let (x, y) = (pixels(point.x), pixels(point.y));
        path += &match last {
            None => format!("M{x} {y}"),
            Some(last) if (last.y - point.y).abs() < 0.05 => format!("H{x}"),
            Some(last) => {
                let middle = pixels(f64::midpoint(last.x, point.x));
                format!("C{middle} {} {middle} {y} {x} {y}", pixels(last.y))
            }
        };
        last = Some(point);
    }
    if let Some(end) = last {
        let back = pixels(end.x + ARROW + 1.0);
        let [above, below] = [end.y - ARROW, end.y + ARROW].map(pixels);
        path += &format!(
            "M{back} {above}L{} {}L{back} {below}",
            pixels(end.x),
            pixels(end.y)
        );
    }
    path
}

/// References that a longer way through other references implies: they add nothing to the order of creation.
fn implied(references: &[ResourceReference]) -> BTreeSet<ResourceReference> {
    let is_implied = |reference: &&ResourceReference| {
        let mut seen = BTreeSet::from([reference.from]);
        let mut open: Vec<usize> = vec![reference.from];
        while let Some(from) = open.pop() {
            for next in references
                .iter()
                .filter(|next| next.from == from && next != reference)
            {
                if next.to == reference.to {
                    return true;
                }
                if seen.insert(next.to) {
                    open.push(next.to);
                }
            }
        }
        false
    };
    references.iter().filter(is_implied).copied().collect()
}

/// One digit after the point is enough for a screen.
fn pixels(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
