//! Texts of any length in a room of a given one. Short ones are kept whole, long ones are cut alike.

const NOTE: &str = "\n… The rest is in the job summary.\n";

/// Sections one after another, in at most `room` characters. A cut is between lines; what is open there is closed.
pub fn fit_sections(sections: &[String], room: usize) -> String {
    let lengths: Vec<usize> = sections.iter().map(|it| it.chars().count() + 1).collect();
    let most = level(&lengths, room);
    let sections = sections.iter().zip(lengths);
    let sections = sections.map(|(section, length)| match length <= most {
        true => format!("{section}\n"),
        false => cut_section(section, most),
    });
    sections.collect()
}

/// What each may have, so that all together fill the room.
fn level(lengths: &[usize], room: usize) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let mut room = room;
    for (at, length) in sorted.iter().enumerate() {
        let share = room / (sorted.len() - at);
        if *length > share {
            return share;
        }
        room -= length;
    }
    usize::MAX
}

/// What is open behind a line.
#[derive(Clone, Default)]
struct OpenMarkup {
    fence: Option<String>,
    folds: usize,
}

impl OpenMarkup {
    fn read(&mut self, line: &str) {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &self.fence {
            Some(fence) if line == fence => self.fence = None,
            Some(_) => {}
            // With more backticks on the line it is a code span.
            None if ticks >= 3 && !line[ticks..].contains('`') => {
                self.fence = Some(line[..ticks].to_owned());
            }
            None if line.starts_with("<details>") => self.folds += 1,
            None if line.ends_with("</details>") => self.folds = self.folds.saturating_sub(1),
            None => {}
        }
    }

    fn end(&self) -> String {
        let fence = self.fence.as_ref().map(|fence| format!("{fence}\n"));
        fence.unwrap_or_default() + &"\n</details>\n".repeat(self.folds) + NOTE
    }
}

fn cut_section(section: &str, most: usize) -> String {
    let mut open = OpenMarkup::default();
    let mut best = (0, open.clone());
    let (mut bytes, mut characters) = (0, 0);
    for line in section.split_inclusive('\n') {
        bytes += line.len();
        characters += line.chars().count();
        if characters > most {
            break;
        }
        open.read(line.trim_end_matches('\n'));
        if characters + open.end().chars().count() <= most {
            best = (bytes, open.clone());
        }
    }
    let (bytes, open) = best;
    section[..bytes].to_owned() + &open.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ones_are_whole_and_long_ones_cut_alike() {
        let long = |letter: &str| format!("## {letter}\n\n{}", format!("{letter}\n").repeat(900));
        let sections = [long("a"), "## b\n\nshort\n".to_owned(), long("c")];
        let text = fit_sections(&sections, 1_000);
        assert!(text.chars().count() <= 1_000, "{}", text.chars().count());
        assert!(text.contains("## b\n\nshort\n\n## c\n"));
        let of = |letter: &str| text.lines().filter(|line| *line == letter).count();
        assert_eq!(of("a"), of("c"));
        assert!(of("a") > 180, "the room is used");
        assert_eq!(text.matches("job summary").count(), 2);
        assert_eq!(fit_sections(&sections[1..2], 1_000), "## b\n\nshort\n\n");
    }

    #[test]
    fn attack_what_is_open_is_closed() {
        let inside = "x\n```\n".repeat(100);
        let section = format!(
            "## t\n\n```a``b``` is a span\n<details><summary>Show</summary>\n\n````yaml\n{inside}````\n\n</details>\n"
        );
        for most in (60..700).step_by(7) {
            let text = cut_section(&section, most);
            assert!(text.chars().count() <= most.max(70), "{most}: {text}");
            let fences = text.lines().filter(|line| line.starts_with("````")).count();
            assert_eq!(fences % 2, 0, "{text}");
            assert_eq!(
                text.matches("<details>").count(),
                text.matches("</details>").count()
            );
        }
    }
}
