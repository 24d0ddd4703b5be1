//! Who reshared, quoted or answered a poster's gigs: a known voice becomes a little louder, a stranger stays one.

use super::circle::Circle;
use super::evidence::Kind;
use super::graph::Node;

/// Only those as near as this are heard as helpers.
const NEAR: u8 = 2;

impl Circle<'_> {
    /// After the walk: what is given to helpers depends on where it found them, and changes nothing that it found.
    pub(super) fn hear_helpers(&mut self, poster: Node) {
        let mut helpers = self.weights(self.graph.list(poster, Kind::Help));
        helpers.retain(|(node, _)| {
            let mark = self.marked(*node);
            mark.steps().is_some_and(|steps| (1..=NEAR).contains(&steps)) && mark.voice > 0.0
        });
        let floor = self.parameters.floor;
        let all = helpers.iter().map(|(_, help)| help).sum::<f64>().max(floor);
        for (helper, help) in helpers {
            let bonus = self.parameters.help * self.parameters.damping * help / all;
            self.mark(helper).help += bonus;
            let distance = self.marked(helper).distance;
            let vouches = self.graph.list(helper, Kind::Explicit);
            let lent = bonus * self.parameters.damping / self.total(vouches).max(floor);
            for (whom, weight) in self.weights(vouches) {
                // Nobody's distance is beyond everyone's.
                if Some(whom) != self.poster && self.marked(whom).distance >= distance {
                    self.mark(whom).help += lent * weight;
                }
            }
        }
    }
}
