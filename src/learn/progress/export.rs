//! Progress for other programs and for people.

use super::Progress;
use crate::learn::answer::Answer;
use crate::learn::bank::Bank;
use crate::learn::calendar::{date, date_time};
use std::fmt::Write as _;

impl Progress {
    /// One line for each answer, the oldest first (RFC 4180, UTF-8, lines end in CR LF).
    pub fn csv(&self) -> String {
        let mut csv = String::from(
            "time,question,topic,level,task,kind,criteria,answer,passed,score,seconds,timed\r\n",
        );
        for attempt in self.attempts() {
            let criteria: Vec<&str> = attempt.criteria.iter().map(|c| c.key()).collect();
            let fields = [
                date_time(attempt.at),
                attempt.question.clone(),
                attempt.topic.clone(),
                attempt.level.key().to_owned(),
                (attempt.task + 1).to_string(),
                attempt.kind.clone(),
                criteria.join(" "),
                answer(&attempt.answer),
                if attempt.passed { "yes" } else { "no" }.to_owned(),
                format!("{:.3}", attempt.score),
                format!("{:.1}", attempt.seconds),
                if attempt.timed { "yes" } else { "no" }.to_owned(),
            ];
            let fields: Vec<String> = fields.iter().map(|field| csv_field(field)).collect();
            csv.push_str(&fields.join(","));
            csv.push_str("\r\n");
        }
        csv
    }

    /// A page with results by criterion and topic, what is due at `now`, and every question that
    /// was answered.
    pub fn markdown(&self, bank: &Bank, now: u64) -> String {
        let mut page = String::new();
        // Writing into a string cannot fail.
        let _ = self.write_markdown(&mut page, bank, now);
        page
    }

    fn write_markdown(&self, page: &mut String, bank: &Bank, now: u64) -> std::fmt::Result {
        writeln!(page, "# Progress on {}\n", date(now))?;
        let (Some(percent), Some(performance)) = (self.overall_percent(), self.performance())
        else {
            writeln!(page, "Nothing was answered yet.")?;
            return self.write_due(page, bank, now);
        };
        let answers = self.attempts().len();
        writeln!(
            page,
            "{percent:.0} % ({}), after {answers} answer{}.\n",
            performance.title(),
            if answers == 1 { "" } else { "s" },
        )?;
        writeln!(page, "| Criterion | Weight | Result | Tasks | Right |")?;
        writeln!(page, "| --- | ---: | ---: | ---: | ---: |")?;
        for (criterion, summary) in self.by_criterion() {
            let (title, weight) = (criterion.title(), criterion.weight());
            let (percent, tasks, passed) = (summary.percent, summary.tasks, summary.passed);
            writeln!(
                page,
                "| {title} | {weight} % | {percent:.0} % | {tasks} | {passed} |"
            )?;
        }
        writeln!(page, "\n| Topic | Result | Tasks | Right |")?;
        writeln!(page, "| --- | ---: | ---: | ---: |")?;
        let titles = bank.topics();
        for (topic, summary) in self.by_topic() {
            let title = titles.iter().find(|(id, _)| *id == topic);
            let title = cell(title.map_or(topic.as_str(), |(_, title)| title));
            let (percent, tasks, passed) = (summary.percent, summary.tasks, summary.passed);
            writeln!(page, "| {title} | {percent:.0} % | {tasks} | {passed} |")?;
        }
        self.write_due(page, bank, now)?;
        writeln!(page, "\n## Answered\n")?;
        writeln!(page, "| Question | Last | Answers | Right | Due again |")?;
        writeln!(page, "| --- | --- | ---: | ---: | --- |")?;
        let mut seen: Vec<&str> = Vec::new();
        for attempt in self.attempts().iter().rev() {
            let id = attempt.question.as_str();
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let all = self.attempts().iter().filter(|a| a.question == id);
            let (count, passed) = all.fold((0, 0), |(count, passed), a| {
                (count + 1, passed + usize::from(a.passed))
            });
            let due = self.memory(id).map_or(String::new(), |m| date(m.due));
            let (title, last) = (title_of(bank, id), date(attempt.at));
            writeln!(page, "| {title} | {last} | {count} | {passed} | {due} |")?;
        }
        Ok(())
    }

    /// The questions that are due, if there are any.
    fn write_due(&self, page: &mut String, bank: &Bank, now: u64) -> std::fmt::Result {
        let due = self.due(now);
        if !due.is_empty() {
            writeln!(page, "\n## Due\n")?;
        }
        for id in due {
            writeln!(page, "- {} (`{id}`)", title_of(bank, id))?;
        }
        Ok(())
    }
}

/// The question in a cell of a table, or its id where it is not known any more.
fn title_of(bank: &Bank, id: &str) -> String {
    cell(bank.get(id).map_or(id, |question| &question.question))
}

/// An answer in words.
fn answer(answer: &Answer) -> String {
    let numbers = |numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(|n| (n + 1).to_string()).collect();
        numbers.join(" ")
    };
    match answer {
        Answer::Choose { chosen } => numbers(chosen),
        Answer::Predict { value } => value.to_string(),
        Answer::Compare { said } => format!("{said:?}").to_lowercase(),
        Answer::Set { expression } => expression.clone(),
        Answer::Which { side } => format!("{side:?}").to_lowercase(),
        Answer::Order { order } => numbers(order),
        Answer::Explain { text, .. } => text.clone(),
    }
}

/// A field in quotes where it needs them. A text that a spreadsheet would compute gets an
/// apostrophe in front; a plain number may begin with a sign.
fn csv_field(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t']) && text.parse::<f64>().is_err();
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Text for a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
