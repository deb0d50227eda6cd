//! Where boxes and lines of a layered graph are drawn. The positions are dagre's; the lines between them are ours.

use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

/// Pixels between the columns, in which lines bend.
const COLUMN_GAP: f64 = 40.0;
/// Pixels between boxes of a column.
const BOX_GAP: f64 = 12.0;
/// Pixels between lines that pass a column.
const LINE_GAP: f64 = 9.0;
/// Pixels around the graph, with room for arrows.
const MARGIN: f64 = 6.0;
/// Pixels that a line runs straight before and after a column.
const STRAIGHT: f64 = 4.0;

/// A line from one box to another, by their indexes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connector {
    pub from: usize,
    pub to: usize,
    /// Lines of higher weight are shorter and straighter.
    pub weight: i32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

pub(super) struct Layout {
    /// The left upper corners of the boxes.
    pub corners: Vec<Point>,
    /// The points of each line from its start to its end, in pairs that are joined by straight lines.
    pub routes: Vec<Vec<Point>>,
    pub width: f64,
    pub height: f64,
}

/// Lays out boxes of one width. A line starts at the left of its box and ends at the right of the other, which is in a column
/// further left. Boxes without lines fill rows below.
pub(super) fn layout(width: f64, heights: &[f64], lines: &[Connector]) -> Layout {
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(GraphOptions {
        directed: true,
        multigraph: false,
        compound: false,
    });
    let is_joined = |index: usize| {
        lines
            .iter()
            .any(|line| line.from == index || line.to == index)
    };
    for (index, &height) in heights
        .iter()
        .enumerate()
        .filter(|(index, _)| is_joined(*index))
    {
        let label = NodeLabel {
            width,
            height,
            ..NodeLabel::default()
        };
        graph.set_node(index.to_string(), Some(label));
    }
    for line in lines {
        let label = EdgeLabel {
            weight: line.weight,
            ..EdgeLabel::default()
        };
        graph.set_edge(
            line.from.to_string(),
            line.to.to_string(),
            Some(label),
            None,
        );
    }
    if !lines.is_empty() {
        let options = LayoutOptions {
            rankdir: RankDir::RL,
            nodesep: BOX_GAP,
            edgesep: LINE_GAP,
            ranksep: COLUMN_GAP,
            marginx: MARGIN,
            marginy: MARGIN,
            ..LayoutOptions::default()
        };
        dagre::layout(&mut graph, Some(options));
    }
    let mut placed = Layout {
        corners: Vec::with_capacity(heights.len()),
        routes: Vec::with_capacity(lines.len()),
        width: width + 2.0 * MARGIN,
        height: MARGIN,
    };
    let mut alone = Vec::new();
    for (index, &height) in heights.iter().enumerate() {
        let center = graph
            .node(&index.to_string())
            .and_then(|node| Some((node.x?, node.y?)));
        let corner = match center {
            Some((x, y)) => Point {
                x: x - width / 2.0,
                y: y - height / 2.0,
            },
            None => {
                alone.push(index);
                Point { x: 0.0, y: 0.0 }
            }
        };
        if center.is_some() {
            placed.width = placed.width.max(corner.x + width + MARGIN);
            placed.height = placed.height.max(corner.y + height + MARGIN);
        }
        placed.corners.push(corner);
    }
    for line in lines {
        let edge = graph.edge(&line.from.to_string(), &line.to.to_string(), None);
        let passed = edge.map_or(&[][..], |edge| edge.points.as_slice());
        let middle = |index: usize, x: f64| Point {
            x: placed.corners[index].x + x,
            y: placed.corners[index].y + heights[index] / 2.0,
        };
        let ends = [middle(line.from, 0.0), middle(line.to, width)];
        let route = route(ends, passed, width, &placed.corners);
        placed.routes.push(route);
    }
    shift(&mut placed);
    add_rows(&mut placed, &alone, width, heights);
    placed
}

/// Moves everything so that lines above the highest box are inside, and adds space for those below the lowest one.
fn shift(placed: &mut Layout) {
    let lines = placed.routes.iter().flatten();
    let (top, bottom) = lines.fold((MARGIN, placed.height - MARGIN), |(top, bottom), point| {
        (top.min(point.y), bottom.max(point.y))
    });
    let down = MARGIN - top;
    let lines = placed.routes.iter_mut().flatten();
    for point in placed.corners.iter_mut().chain(lines) {
        point.y += down;
    }
    placed.height = bottom + down + MARGIN;
}

/// From end to end, straight through each column that the line passes.
fn route(
    [start, end]: [Point; 2],
    passed: &[dagre::Point],
    width: f64,
    corners: &[Point],
) -> Vec<Point> {
    let is_column = |x: f64| {
        corners
            .iter()
            .any(|corner| (corner.x + width / 2.0 - x).abs() < 1.0)
    };
    let mut points = vec![
        start,
        Point {
            x: start.x - STRAIGHT,
            y: start.y,
        },
    ];
    for point in passed {
        let (left, right) = (
            point.x - width / 2.0 - STRAIGHT,
            point.x + width / 2.0 + STRAIGHT,
        );
        if is_column(point.x) && right < start.x && left > end.x {
            points.push(Point {
                x: right,
                y: point.y,
            });
            points.push(Point {
                x: left,
                y: point.y,
            });
        }
    }
    points.push(Point {
        x: end.x + STRAIGHT,
        y: end.y,
    });
    points.push(end);
    points
}

/// Places boxes in rows below the graph, of the same width, and at least four boxes wide.
fn add_rows(placed: &mut Layout, alone: &[usize], width: f64, heights: &[f64]) {
    let least = 4.0 * (width + BOX_GAP);
    let limit = placed.width.max(least);
    let (mut x, mut y, mut row) = (MARGIN, placed.height + BOX_GAP, 0.0_f64);
    for &index in alone {
        if x + width + MARGIN > limit {
            (x, y, row) = (MARGIN, y + row + BOX_GAP, 0.0);
        }
        placed.corners[index] = Point { x, y };
        x += width + BOX_GAP;
        row = row.max(heights[index]);
        placed.width = placed.width.max(x - BOX_GAP + MARGIN);
        placed.height = y + row + MARGIN;
    }
}
