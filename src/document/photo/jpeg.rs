//! What a JPEG file is like between its markers, before a decoder sees it.
//!
//! The hazard here is a picture that is silently wrong. The decoder (zune-jpeg 0.5.15) gives a
//! whole picture for half a file, and wrong colours for scans of single colours whose samples
//! differ in number of rows or that can be restarted (zune-image #419). Both can be seen without
//! decoding, and are refused.
//!
//! Format: ITU-T T.81, annex B.

/// Checks that a file goes on to its end and is of a kind that is decoded rightly.
///
/// # Errors
/// A sentence on what is wrong with it.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let mut walk = Walk { rest: bytes };
    let mut frame = None;
    let mut restarts = false;
    loop {
        let (marker, segment) = walk.segment().ok_or(CUT_SHORT)?;
        match marker {
            END => return Ok(()),
            FRAME_BASELINE..=FRAME_PROGRESSIVE => frame = Some(Frame::of(marker, segment)?),
            RESTART_INTERVAL => restarts = segment.iter().any(|&byte| byte != 0),
            SCAN => {
                if let Some(frame) = &frame {
                    frame.check_scan(segment, restarts)?;
                }
                walk.skip_scan();
            }
            _ => {}
        }
    }
}

const CUT_SHORT: &str = "it is cut short: its end is missing";

/// Start of image, of an end, of a scan; the interval between restarts.
const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const RESTART_INTERVAL: u8 = 0xdd;
/// Frames that are decoded block by block: baseline, extended, progressive.
const FRAME_BASELINE: u8 = 0xc0;
const FRAME_PROGRESSIVE: u8 = 0xc2;

struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    /// The next marker with what belongs to it; `None` where the file ends before.
    fn segment(&mut self) -> Option<(u8, &'a [u8])> {
        // Between segments some programs leave bytes of their own.
        let start = self.rest.iter().position(|&byte| byte == 0xff)?;
        self.rest = &self.rest[start..];
        let at = self.rest.iter().position(|&byte| byte != 0xff)?;
        let marker = self.rest[at];
        self.rest = &self.rest[at + 1..];
        if matches!(marker, 0 | 1 | 0xd0..=END) {
            return match marker {
                END | START => Some((marker, &[])),
                _ => self.segment_after_filling(),
            };
        }
        let len = usize::from(u16::from_be_bytes(*self.rest.first_chunk()?));
        let segment = self.rest.get(2..len)?;
        self.rest = &self.rest[len..];
        Some((marker, segment))
    }

    /// The next segment behind markers that have none, without a call for each of them.
    fn segment_after_filling(&mut self) -> Option<(u8, &'a [u8])> {
        self.skip_scan();
        if self.rest.is_empty() {
            return None;
        }
        self.segment()
    }

    /// Goes to the next marker that is none of those in coded data.
    fn skip_scan(&mut self) {
        let is_marker = |pair: &[u8]| {
            let [first, second] = pair else { return false };
            *first == 0xff && !matches!(second, 0 | 0xff | 0xd0..=0xd7)
        };
        let next = self.rest.windows(2).position(is_marker);
        self.rest = next.map_or(&[], |next| &self.rest[next..]);
    }
}

/// What a frame says of its colours.
struct Frame {
    is_progressive: bool,
    colours: usize,
    /// Whether a colour has more rows of samples than another.
    has_rows_of_its_own: bool,
}

impl Frame {
    fn of(marker: u8, segment: &[u8]) -> Result<Self, String> {
        let [_, _, _, _, _, colours, rest @ ..] = segment else {
            return Err(CUT_SHORT.to_owned());
        };
        let colours = usize::from(*colours);
        let rows = rest.chunks_exact(3).take(colours);
        let rows: Vec<u8> = rows.map(|colour| colour[1] & 15).collect();
        Ok(Self {
            is_progressive: marker == FRAME_PROGRESSIVE,
            colours,
            has_rows_of_its_own: rows.iter().any(|&one| one != 1),
        })
    }

    fn check_scan(&self, scan: &[u8], restarts: bool) -> Result<(), String> {
        let colours = scan.first().map_or(0, |&colours| usize::from(colours));
        let is_whole = colours >= self.colours || self.is_progressive;
        if is_whole || !(self.has_rows_of_its_own || restarts) {
            return Ok(());
        }
        Err(
            "it keeps its colours one after the other, which is not read; save it again as a \
             usual JPEG or as PNG"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of three colours with the scans given, each of so many colours.
    fn file(frame: u8, sampling: u8, restart: u8, scans: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xff, START];
        // A small picture of its own in the notes.
        bytes.extend([0xff, 0xe1, 0, 6, 0xff, START, 0xff, END]);
        bytes.extend([0xff, RESTART_INTERVAL, 0, 4, 0, restart]);
        bytes.extend([0xff, frame, 0, 17, 8, 0, 8, 0, 8, 3]);
        bytes.extend([1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]);
        for &colours in scans {
            let len = 6 + 2 * colours;
            bytes.extend([0xff, SCAN, 0, len, colours]);
            bytes.extend((0..colours).flat_map(|colour| [colour + 1, 0]));
            bytes.extend([0, 63, 0, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4]);
        }
        bytes.extend([0xff, END, 7, 8, 9]);
        bytes
    }

    #[test]
    fn whole_files_pass() {
        for (frame, sampling, restart, scans) in [
            (FRAME_BASELINE, 0x22, 1, &[3][..]),
            (FRAME_BASELINE, 0x11, 0, &[1, 1, 1]),
            (FRAME_BASELINE, 0x21, 0, &[1, 1, 1]),
            (FRAME_PROGRESSIVE, 0x22, 1, &[3, 1, 1, 1]),
        ] {
            let bytes = file(frame, sampling, restart, scans);
            assert_eq!(check(&bytes), Ok(()), "{sampling:x} {scans:?}");
        }
    }

    #[test]
    fn colours_one_after_the_other_are_refused_where_they_would_be_wrong() {
        for (sampling, restart) in [(0x22, 0), (0x12, 0), (0x11, 1), (0x21, 4)] {
            let bytes = file(FRAME_BASELINE, sampling, restart, &[1, 1, 1]);
            let fault = check(&bytes).expect_err("it would be wrong");
            assert!(fault.contains("one after the other"), "{fault}");
        }
    }

    #[test]
    fn half_a_file_is_cut_short() {
        let bytes = file(FRAME_PROGRESSIVE, 0x22, 0, &[3, 1]);
        // Up to the end of the picture; what follows it is of no meaning.
        for len in 0..bytes.len() - 3 {
            let fault = check(&bytes[..len]).expect_err("it is cut");
            assert!(fault.contains("cut short"), "{len}: {fault}");
        }
        let many = [0xff_u8, 0xd0].repeat(200_000);
        assert!(check(&[&[0xff, START][..], &many].concat()).is_err());
    }
}
