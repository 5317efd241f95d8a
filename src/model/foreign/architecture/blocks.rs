//! The blocks that autoencoders and U-Nets of diffusers are made of.

use super::super::group::Group;
use super::super::net::{Net, window};
use crate::model::graph::{Function, Operation};

/// The most blocks of one kind.
pub const MAX_BLOCKS: usize = 16;

/// What all blocks of a network have in common.
pub struct Blocks<'a> {
    pub group: &'a Group<'a>,
    /// Groups of each normalisation.
    pub groups: usize,
    pub epsilon: f32,
    /// The value that tells every block the time.
    pub embedding: Option<String>,
    /// Whether the time gives a factor beside a summand.
    pub scale_shift: bool,
    /// Channels of a head of attention; all of them where there is one head.
    pub head: Option<usize>,
}

impl Blocks<'_> {
    /// The normalisation of a module before SiLU.
    fn normalised(&self, net: &mut Net<'_>, module: &str) {
        net.group_norm(module, self.groups, self.epsilon);
        net.function(Function::Silu);
    }

    /// Two convolutions beside a short cut.
    pub fn residual(&self, net: &mut Net<'_>, module: &str) {
        let start = net.at();
        self.normalised(net, &format!("{module}.norm1"));
        net.conv(&format!("{module}.conv1"), window(1, 1));
        self.told(net, module);
        net.conv(&format!("{module}.conv2"), window(1, 1));
        let changed = net.at();
        net.go_to(&start);
        // By diffusers, and by taming-transformers.
        for name in ["conv_shortcut", "nin_shortcut"] {
            if self.group.has(&format!("{module}.{name}.weight")) {
                net.conv(&format!("{module}.{name}"), window(1, 0));
            }
        }
        let kept = net.at();
        net.add(&kept, &changed);
    }

    /// The second normalisation, around which a block is told the time.
    fn told(&self, net: &mut Net<'_>, module: &str) {
        let norm = format!("{module}.norm2");
        let project = format!("{module}.time_emb_proj");
        let channels = self.group.shape(&format!("{norm}.weight"));
        let (Some(embedding), Some(&[channels])) = (&self.embedding, channels) else {
            return self.normalised(net, &norm);
        };
        let x = net.at();
        net.go_to(embedding);
        net.linear(&project);
        if !self.scale_shift {
            net.reshape(&[channels, 1, 1]);
            let told = net.at();
            net.add(&x, &told);
            return self.normalised(net, &norm);
        }
        net.reshape(&[channels.saturating_mul(2), 1, 1]);
        let sizes = vec![channels; 2];
        net.then(Operation::Split { axis: 0, sizes });
        let told = net.at();
        net.go_to(&format!("{told}.0"));
        net.scale(1.0, 1.0);
        let factor = net.at();
        net.go_to(&x);
        net.group_norm(&norm, self.groups, self.epsilon);
        let x = net.at();
        net.node(Operation::Multiply, &[&x, &factor]);
        let x = net.at();
        net.add(&x, &format!("{told}.1"));
        net.function(Function::Silu);
    }

    /// Attention of all positions to each other. Some networks have none.
    pub fn attention(&self, net: &mut Net<'_>, module: &str, [height, width]: [usize; 2]) {
        if self.group.has(&format!("{module}.proj_out.weight")) {
            return self.attention_of_kernels(net, module, [height, width]);
        }
        // Older files have other names.
        let is_new = self.group.has(&format!("{module}.to_q.weight"));
        let names = match is_new {
            true => ["to_q", "to_k", "to_v", "to_out.0"],
            false => ["query", "key", "value", "proj_attn"],
        };
        let [query, key, value, out] = names.map(|name| format!("{module}.{name}"));
        let Some(&[channels, ..]) = self.group.shape(&format!("{out}.weight")) else {
            return;
        };
        let start = net.at();
        let places = height.saturating_mul(width);
        let norm = format!("{module}.group_norm");
        if self.group.has(&format!("{norm}.weight")) {
            net.group_norm(&norm, self.groups, self.epsilon);
        }
        net.reshape(&[channels, places]);
        net.then(Operation::Permute { order: vec![1, 0] });
        let tokens = net.at();
        let [queries, keys, values] = [query, key, value].map(|module| {
            net.go_to(&tokens);
            net.linear(&module);
            net.at()
        });
        let attention = Operation::Attention {
            heads: self.head.map_or(1, |head| channels / head.max(1)).max(1),
            causal: false,
        };
        net.node(attention, &[&queries, &keys, &values]);
        net.linear(&out);
        net.then(Operation::Permute { order: vec![1, 0] });
        net.reshape(&[channels, height, width]);
        let changed = net.at();
        net.add(&start, &changed);
    }

    /// The attention of taming-transformers, whose matrices are kernels of one pixel.
    fn attention_of_kernels(&self, net: &mut Net<'_>, module: &str, [height, width]: [usize; 2]) {
        let [query, key, value, out] =
            ["q", "k", "v", "proj_out"].map(|name| format!("{module}.{name}"));
        let Some(&[channels, ..]) = self.group.shape(&format!("{out}.weight")) else {
            return;
        };
        let start = net.at();
        net.group_norm(&format!("{module}.norm"), self.groups, self.epsilon);
        let normalised = net.at();
        let places = height.saturating_mul(width);
        let [queries, keys, values] = [query, key, value].map(|module| {
            net.go_to(&normalised);
            net.conv(&module, window(1, 0));
            net.reshape(&[channels, places]);
            net.then(Operation::Permute { order: vec![1, 0] });
            net.at()
        });
        let attention = Operation::Attention {
            heads: 1,
            causal: false,
        };
        net.node(attention, &[&queries, &keys, &values]);
        net.then(Operation::Permute { order: vec![1, 0] });
        net.reshape(&[channels, height, width]);
        net.conv(&out, window(1, 0));
        let changed = net.at();
        net.add(&start, &changed);
    }

    /// Two residual blocks around attention.
    pub fn middle(&self, net: &mut Net<'_>, block: &str, side: [usize; 2]) {
        let names = ["resnets.0", "attentions.0", "resnets.1"];
        self.around(net, &names.map(|name| format!("{block}.{name}")), side);
    }

    /// The same, by the names of the three.
    pub fn around(
        &self,
        net: &mut Net<'_>,
        [first, attention, second]: &[String; 3],
        side: [usize; 2],
    ) {
        self.residual(net, first);
        self.attention(net, attention, side);
        self.residual(net, second);
    }

    /// The modules `BLOCK.resnets.N`, as many as there are.
    pub fn residuals(&self, block: &str) -> impl Iterator<Item = String> {
        let module = move |index| format!("{block}.resnets.{index}");
        let modules = (0..MAX_BLOCKS).map(module);
        modules.filter(|module| self.group.has(&format!("{module}.conv1.weight")))
    }
}
