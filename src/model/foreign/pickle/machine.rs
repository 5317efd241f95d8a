//! The stack machine.

use super::calls;
use super::globals::Global;
use super::input::Input;
use super::limits;
use super::opcodes as op;
use super::value::{Bytes, Node, Storage, Value};
use std::collections::BTreeSet;
use std::rc::Rc;

/// All things with parts that pickles of one file made.
#[derive(Default)]
pub struct Heap {
    nodes: Vec<Node>,
    /// Things in containers.
    items: usize,
    /// Bytes of texts.
    text: usize,
    instructions: usize,
    /// What was named and is not known, and was never called.
    pub unknown: BTreeSet<Rc<str>>,
}

impl Heap {
    /// A thing by its number.
    pub fn node(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    pub fn node_mut(&mut self, number: usize) -> Option<&mut Node> {
        self.nodes.get_mut(number)
    }

    pub fn add(&mut self, node: Node) -> Value {
        self.nodes.push(node);
        Value::Node(self.nodes.len() - 1)
    }

    /// The things of a list, a tuple or a set.
    pub fn items<'a>(&'a self, value: &Value) -> Option<&'a [Value]> {
        match value {
            Value::Node(number) => match self.node(*number)? {
                Node::List(items) | Node::Tuple(items) | Node::Set(items) => Some(items),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value of a key of a mapping.
    pub fn get<'a>(&'a self, mapping: &Value, key: &str) -> Option<&'a Value> {
        let Value::Node(number) = mapping else {
            return None;
        };
        let Node::Dict(pairs) = self.node(*number)? else {
            return None;
        };
        let is_it = |found: &Value| matches!(found, Value::Text(text) if **text == *key);
        let found = pairs.iter().rev().find(|(found, _)| is_it(found));
        found.map(|(_, value)| value)
    }

    /// Counts things in containers.
    ///
    /// # Errors
    /// When there are too many.
    pub fn count_items(&mut self, count: usize) -> Result<(), String> {
        self.items += count;
        if self.items > limits::ITEMS {
            return Err(format!(
                "its pickle holds more than {} things",
                limits::ITEMS
            ));
        }
        Ok(())
    }

    /// All storages that were named.
    pub fn storages(&self) -> impl Iterator<Item = &Storage> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Storage(storage) => Some(storage),
            _ => None,
        })
    }

    fn count_text(&mut self, len: usize) -> Result<(), String> {
        self.text += len;
        if self.text > limits::TEXT {
            return Err(format!(
                "its pickle holds more than {} bytes of text",
                limits::TEXT
            ));
        }
        Ok(())
    }
}

/// What is on the stack.
enum Entry {
    Mark,
    Value(Value),
}

/// One pickle being run.
struct Machine<'a, 'b> {
    input: &'a mut Input<'b>,
    heap: &'a mut Heap,
    stack: Vec<Entry>,
    memo: Vec<Option<Value>>,
}

/// Runs the pickle that begins where the input stands, up to its end.
///
/// # Errors
/// A sentence when it is broken, uses too much, or calls what holds no data.
pub fn run(input: &mut Input<'_>, heap: &mut Heap) -> Result<Value, String> {
    let mut machine = Machine {
        input,
        heap,
        stack: Vec::new(),
        memo: Vec::new(),
    };
    loop {
        machine.heap.instructions += 1;
        if machine.heap.instructions > limits::INSTRUCTIONS {
            return Err(format!(
                "its pickle has more than {} instructions",
                limits::INSTRUCTIONS
            ));
        }
        let code = machine.input.byte()?;
        if code == op::STOP {
            return machine.pop();
        }
        machine.step(code)?;
        if machine.stack.len() > limits::STACK {
            return Err("its pickle piles up too much".to_owned());
        }
    }
}

impl Machine<'_, '_> {
    fn step(&mut self, code: u8) -> Result<(), String> {
        match code {
            op::PROTO => drop(self.input.byte()?),
            op::FRAME => drop(self.input.array::<8>()?),
            op::MARK => self.stack.push(Entry::Mark),
            op::POP => drop(self.stack.pop()),
            op::POP_MARK => drop(self.pop_to_mark()?),
            op::DUP => {
                let top = self.pop()?;
                self.push(top.clone());
                self.push(top);
            }
            op::NONE => self.push(Value::None),
            op::NEWTRUE => self.push(Value::Bool(true)),
            op::NEWFALSE => self.push(Value::Bool(false)),
            op::INT | op::LONG | op::FLOAT | op::STRING | op::UNICODE => self.line(code)?,
            op::BININT => {
                let number = i32::from_le_bytes(self.input.array()?);
                self.push(Value::Int(i64::from(number)));
            }
            op::BININT1 => {
                let number = self.input.byte()?;
                self.push(Value::Int(i64::from(number)));
            }
            op::BININT2 => {
                let number = u16::from_le_bytes(self.input.array()?);
                self.push(Value::Int(i64::from(number)));
            }
            op::LONG1 | op::LONG4 => self.long(code)?,
            op::BINFLOAT => {
                let number = f64::from_be_bytes(self.input.array()?);
                self.push(Value::Float(number));
            }
            op::BINUNICODE
            | op::SHORT_BINUNICODE
            | op::BINUNICODE8
            | op::BINSTRING
            | op::SHORT_BINSTRING => self.text(code)?,
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => {
                self.bytes(code)?;
            }
            op::EMPTY_LIST => self.push_node(Node::List(Vec::new())),
            op::EMPTY_DICT => self.push_node(Node::Dict(Vec::new())),
            op::EMPTY_TUPLE => self.push_node(Node::Tuple(Vec::new())),
            op::EMPTY_SET => self.push_node(Node::Set(Vec::new())),
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                let mut items = Vec::new();
                for _ in op::TUPLE1..=code {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.collection(items, Node::Tuple)?;
            }
            op::TUPLE => self.collect(Node::Tuple)?,
            op::LIST => self.collect(Node::List)?,
            op::FROZENSET => self.collect(Node::Set)?,
            op::DICT => {
                let pairs = self.pairs()?;
                self.push_node(Node::Dict(pairs));
            }
            op::APPEND => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            op::APPENDS | op::ADDITEMS => {
                let items = self.pop_to_mark()?;
                self.extend(items)?;
            }
            op::SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.heap.count_items(1)?;
                self.set_items(vec![(key, value)])?;
            }
            op::SETITEMS => {
                let pairs = self.pairs()?;
                self.set_items(pairs)?;
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let number = self.memo_number(code, op::GET, op::BINGET)?;
                let value = self.memo.get(number).and_then(Clone::clone);
                let value = value.ok_or("its pickle recalls what it never made")?;
                self.push(value);
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT => {
                let number = self.memo_number(code, op::PUT, op::BINPUT)?;
                self.remember(number)?;
            }
            op::MEMOIZE => self.remember(self.memo.len())?,
            op::GLOBAL => {
                let global = self.global_of_lines()?;
                self.push(Value::Global(global));
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(module), Value::Text(name)) = (module, name) else {
                    return Err("its pickle names something by no text".to_owned());
                };
                let global = self.global(&module, &name)?;
                self.push(Value::Global(global));
            }
            op::REDUCE | op::NEWOBJ => {
                let (arguments, callee) = (self.pop()?, self.pop()?);
                self.call(&callee, &arguments)?;
            }
            op::NEWOBJ_EX => {
                let (_, arguments, callee) = (self.pop()?, self.pop()?, self.pop()?);
                self.call(&callee, &arguments)?;
            }
            op::INST => {
                let global = self.global_of_lines()?;
                let arguments = self.pop_to_mark()?;
                let arguments = self.heap.add(Node::Tuple(arguments));
                self.call(&Value::Global(global), &arguments)?;
            }
            op::OBJ => {
                let mut parts = self.pop_to_mark()?;
                if parts.is_empty() {
                    return Err("its pickle makes an object of nothing".to_owned());
                }
                let callee = parts.remove(0);
                let arguments = self.heap.add(Node::Tuple(parts));
                self.call(&callee, &arguments)?;
            }
            op::BUILD => {
                let (state, object) = (self.pop()?, self.pop()?);
                let built = calls::build(self.heap, object, state)?;
                self.push(built);
            }
            op::BINPERSID => {
                let id = self.pop()?;
                let storage = calls::persistent(self.heap, &id)?;
                self.push(storage);
            }
            op::PERSID => return Err("its pickle refers to something outside by a text".to_owned()),
            op::EXT1..=op::EXT4 => {
                return Err("its pickle uses numbers of a registry, which are not known".to_owned());
            }
            other => {
                return Err(format!(
                    "its pickle has the unknown instruction {other:#04x}"
                ));
            }
        }
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(Entry::Value(value));
    }

    fn push_node(&mut self, node: Node) {
        let value = self.heap.add(node);
        self.push(value);
    }

    fn pop(&mut self) -> Result<Value, String> {
        match self.stack.pop() {
            Some(Entry::Value(value)) => Ok(value),
            _ => Err("its pickle takes more than there is".to_owned()),
        }
    }

    /// All values above the last mark.
    fn pop_to_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self
            .stack
            .iter()
            .rposition(|entry| matches!(entry, Entry::Mark));
        let mark = mark.ok_or("its pickle lacks a mark")?;
        let values: Vec<Value> = self
            .stack
            .drain(mark..)
            .filter_map(|entry| match entry {
                Entry::Value(value) => Some(value),
                Entry::Mark => None,
            })
            .collect();
        self.heap.count_items(values.len())?;
        Ok(values)
    }

    fn collect(&mut self, node: impl FnOnce(Vec<Value>) -> Node) -> Result<(), String> {
        let items = self.pop_to_mark()?;
        self.push_node(node(items));
        Ok(())
    }

    fn collection(
        &mut self,
        items: Vec<Value>,
        node: impl FnOnce(Vec<Value>) -> Node,
    ) -> Result<(), String> {
        self.heap.count_items(items.len())?;
        self.push_node(node(items));
        Ok(())
    }

    fn pairs(&mut self) -> Result<Vec<(Value, Value)>, String> {
        let items = self.pop_to_mark()?;
        if items.len() % 2 == 1 {
            return Err("its pickle has a key without a value".to_owned());
        }
        let mut items = items.into_iter();
        let mut pairs = Vec::with_capacity(items.len() / 2);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    /// Adds to the list or set below.
    fn extend(&mut self, more: Vec<Value>) -> Result<(), String> {
        self.heap.count_items(more.len())?;
        let Some(Entry::Value(Value::Node(number))) = self.stack.last() else {
            return Err("its pickle adds to what is no list".to_owned());
        };
        match self.heap.node_mut(*number) {
            Some(Node::List(items) | Node::Set(items)) => items.extend(more),
            _ => return Err("its pickle adds to what is no list".to_owned()),
        }
        Ok(())
    }

    fn set_items(&mut self, more: Vec<(Value, Value)>) -> Result<(), String> {
        let Some(Entry::Value(Value::Node(number))) = self.stack.last() else {
            return Err("its pickle sets items of what is no dictionary".to_owned());
        };
        match self.heap.node_mut(*number) {
            Some(Node::Dict(pairs)) => pairs.extend(more),
            _ => return Err("its pickle sets items of what is no dictionary".to_owned()),
        }
        Ok(())
    }

    fn remember(&mut self, number: usize) -> Result<(), String> {
        let Some(Entry::Value(value)) = self.stack.last() else {
            return Err("its pickle remembers nothing".to_owned());
        };
        if number >= limits::MEMO {
            return Err(format!(
                "its pickle remembers more than {} things",
                limits::MEMO
            ));
        }
        let value = value.clone();
        if number >= self.memo.len() {
            self.memo.resize(number + 1, None);
        }
        self.memo[number] = Some(value);
        Ok(())
    }

    fn memo_number(&mut self, code: u8, line: u8, byte: u8) -> Result<usize, String> {
        if code == line {
            let text = self.input.line(limits::LINE)?;
            let number = text.trim().parse();
            return number.map_err(|_| "its pickle recalls under no number".to_owned());
        }
        if code == byte {
            return self.input.byte().map(usize::from);
        }
        Ok(u32::from_le_bytes(self.input.array()?) as usize)
    }

    fn global_of_lines(&mut self) -> Result<Global, String> {
        let module = self.input.line(limits::LINE)?;
        let name = self.input.line(limits::LINE)?;
        self.global(&module, &name)
    }

    fn global(&mut self, module: &str, name: &str) -> Result<Global, String> {
        let global = Global::named(module, name);
        if let Global::Unknown(name) = &global {
            self.heap.count_text(name.len())?;
            self.heap.unknown.insert(Rc::clone(name));
        }
        Ok(global)
    }

    fn call(&mut self, callee: &Value, arguments: &Value) -> Result<(), String> {
        let Value::Global(global) = callee else {
            return Err("its pickle calls what cannot be called".to_owned());
        };
        let made = calls::call(self.heap, global, arguments)?;
        self.push(made);
        Ok(())
    }

    /// Instructions that are followed by a line.
    fn line(&mut self, code: u8) -> Result<(), String> {
        let line = self.input.line(limits::LINE)?;
        let broken = |what: &str| format!("its pickle has {what} that is none");
        let value = match code {
            op::INT if line == "00" => Value::Bool(false),
            op::INT if line == "01" => Value::Bool(true),
            op::INT | op::LONG => {
                let digits = line.trim().trim_end_matches('L');
                Value::Int(digits.parse().map_err(|_| broken("a number"))?)
            }
            op::FLOAT => Value::Float(line.trim().parse().map_err(|_| broken("a number"))?),
            _ => {
                self.heap.count_text(line.len())?;
                let bare = match code {
                    op::STRING => line.trim_matches(['\'', '"']),
                    _ => &line,
                };
                Value::Text(bare.into())
            }
        };
        self.push(value);
        Ok(())
    }

    /// A whole number of any length; longer ones than fit become the largest.
    fn long(&mut self, code: u8) -> Result<(), String> {
        let len = match code {
            op::LONG1 => u64::from(self.input.byte()?),
            _ => u64::from(u32::from_le_bytes(self.input.array()?)),
        };
        let digits = match len {
            0..=limits::KEPT_BYTES => self.input.bytes(len)?,
            _ => return Err("its pickle has a number of too many digits".to_owned()),
        };
        let is_negative = digits.last().is_some_and(|byte| byte & 0x80 != 0);
        let fill = if is_negative { 0xff } else { 0 };
        let value = if digits.len() > 8 {
            if is_negative { i64::MIN } else { i64::MAX }
        } else {
            let mut bytes = [fill; 8];
            bytes[..digits.len()].copy_from_slice(&digits);
            i64::from_le_bytes(bytes)
        };
        self.push(Value::Int(value));
        Ok(())
    }

    fn text(&mut self, code: u8) -> Result<(), String> {
        let len = match code {
            op::SHORT_BINUNICODE | op::SHORT_BINSTRING => u64::from(self.input.byte()?),
            op::BINUNICODE8 => u64::from_le_bytes(self.input.array()?),
            _ => u64::from(u32::from_le_bytes(self.input.array()?)),
        };
        let is_bytes = matches!(code, op::BINSTRING | op::SHORT_BINSTRING);
        if is_bytes && len > limits::KEPT_BYTES {
            // How Python 2 wrote the numbers of arrays.
            let offset = self.input.skip(len)?;
            self.push(Value::Bytes(Bytes { offset, len }));
            return Ok(());
        }
        if len > self.input.left() {
            return Err("its pickle is cut short".to_owned());
        }
        self.heap
            .count_text(usize::try_from(len).unwrap_or(usize::MAX))?;
        let offset = self.input.at();
        let bytes = self.input.bytes(len)?;
        self.push(match String::from_utf8(bytes) {
            Ok(text) => Value::Text(text.into()),
            Err(_) if is_bytes => Value::Bytes(Bytes { offset, len }),
            Err(_) => return Err("its pickle has a text that is none".to_owned()),
        });
        Ok(())
    }

    fn bytes(&mut self, code: u8) -> Result<(), String> {
        let len = match code {
            op::SHORT_BINBYTES => u64::from(self.input.byte()?),
            op::BINBYTES => u64::from(u32::from_le_bytes(self.input.array()?)),
            _ => u64::from_le_bytes(self.input.array()?),
        };
        let offset = self.input.skip(len)?;
        self.push(Value::Bytes(Bytes { offset, len }));
        Ok(())
    }
}
