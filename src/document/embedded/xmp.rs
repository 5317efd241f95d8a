//! A recipe as a property of an XMP packet.
//!
//! Format: ISO 16684-1; the packet holds one property of one namespace of our own. Programs that
//! store a picture again may write the packet anew, with the property as an attribute, so both
//! forms are found.

use super::RECIPE_KEYWORD;
use crate::document::markup::escaped;

/// Names our property; no page has to be there.
const NAMESPACE: &str = "https://zscape.invalid/xmp/1.0/";

/// A packet around a recipe in ASCII.
pub fn packet(recipe: &str) -> String {
    let text = escaped(recipe);
    let name = RECIPE_KEYWORD;
    // The mark and the id are those of every packet.
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:{name}=\"{NAMESPACE}\">\
         <{name}:recipe>{text}</{name}:recipe>\
         </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>"
    )
}

/// The recipe's text in a packet.
pub fn recipe_text(packet: &str) -> Option<String> {
    let property = format!("{RECIPE_KEYWORD}:recipe");
    let between = |start: &str, end: &str| {
        let (_, rest) = packet.split_once(start)?;
        let (text, _) = rest.split_once(end)?;
        Some(unescaped(text))
    };
    between(&format!("<{property}>"), &format!("</{property}>"))
        .or_else(|| between(&format!("{property}=\""), "\""))
        .or_else(|| between(&format!("{property}='"), "'"))
}

/// XML text with the entities of the five special characters, by name and by number.
fn unescaped(text: &str) -> String {
    const ENTITIES: [(&str, char); 7] = [
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&#34;", '"'),
        ("&#39;", '\''),
        ("&amp;", '&'),
    ];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = ENTITIES.iter().find(|(name, _)| rest.starts_with(name));
        let (len, c) = entity.map_or((1, '&'), |&(name, c)| (name.len(), c));
        plain.push(c);
        rest = &rest[len..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_gives_its_text_back() {
        for text in [
            "{\"expression\":\"mix(seed(1), seed(2), layers 4..9)\"}",
            "a < b && c > \"d\" 'e' &amp; &#34;",
            "",
        ] {
            assert_eq!(recipe_text(&packet(text)).as_deref(), Some(text));
        }
    }

    #[test]
    fn an_attribute_will_do() {
        let attribute = "<rdf:Description zscape:recipe=\"{&quot;a&quot;:1 &amp; &lt;}\"/>";
        assert_eq!(recipe_text(attribute).as_deref(), Some("{\"a\":1 & <}"));
        assert_eq!(
            recipe_text("<d zscape:recipe='{\"a\"}'>").as_deref(),
            Some("{\"a\"}")
        );
    }

    #[test]
    fn other_packets_have_none() {
        for other in [
            "",
            "<x:xmpmeta/>",
            "<zscape:recipe>cut",
            "zscape:recipe=",
            "<recipe>{}</recipe>",
        ] {
            assert_eq!(recipe_text(other), None, "{other}");
        }
    }
}
