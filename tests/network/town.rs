//! A town of network namespaces: a street that all are connected to, and houses behind routers that let
//! nobody in who was not called. It is made and removed by the test, and needs root.

use std::process::{Command, Output};

/// Where the street's addresses begin: kept for documentation, so that nothing real is meant.
const STREET: &str = "203.0.113";
/// A home router: who is inside may call out, and nobody outside may call in.
const ROUTER: &str = "
table ip router {
    chain out { type nat hook postrouting priority srcnat; oifname \"street\" masquerade; }
    chain in { type filter hook input priority filter; policy accept;
        iifname \"street\" ct state established,related accept; iifname \"street\" drop; }
    chain through { type filter hook forward priority filter; policy accept;
        iifname \"street\" ct state established,related accept; iifname \"street\" drop; }
}";

/// The namespaces of one test.
pub struct Town {
    name: String,
    spaces: Vec<String>,
    houses: u8,
}

impl Town {
    /// A town with nothing but a street, or why this machine has none.
    pub fn new(name: &str) -> Result<Self, String> {
        for tool in [&["ip", "-V"], &["nft", "-v"]] {
            Command::new(tool[0]).arg(tool[1]).output().map_err(|_| format!("{} is missing", tool[0]))?;
        }
        let mut town = Self { name: format!("lb{}{name}", std::process::id()), spaces: vec![], houses: 0 };
        town.space("street")?;
        town.run("street", "ip link add bridge type bridge")?;
        town.run("street", "ip link set bridge up")?;
        Ok(town)
    }

    /// A place on the street with an address of its own: whoever rents a server.
    pub fn on_the_street(&mut self, name: &str, last: u8) -> Result<String, String> {
        self.space(name)?;
        self.connect(name, last)?;
        self.full(name)
    }

    /// A house behind a router. Its laptop has a private address, its router one on the street.
    pub fn house(&mut self, name: &str, last: u8) -> Result<String, String> {
        self.houses += 1;
        let (router, inside) = (format!("{name}r"), format!("192.168.{}", self.houses));
        self.space(&router)?;
        self.connect(&router, last)?;
        self.space(name)?;
        let laptop = self.full(name)?;
        self.run(&router, &format!("ip link add inside type veth peer name eth0 netns {laptop}"))?;
        self.run(&router, &format!("ip addr add {inside}.1/24 dev inside"))?;
        self.run(&router, "ip link set inside up")?;
        self.run(name, &format!("ip addr add {inside}.2/24 dev eth0"))?;
        self.run(name, "ip link set eth0 up")?;
        self.run(name, &format!("ip route add default via {inside}.1"))?;
        self.run(&router, "sysctl -q -w net.ipv4.ip_forward=1")?;
        let space = self.full(&router)?;
        done(Command::new("ip").args(["netns", "exec", &space, "nft", ROUTER]), "nft")?;
        Ok(laptop)
    }

    /// The address on the street that ends so.
    pub fn address(last: u8) -> String {
        format!("{STREET}.{last}")
    }

    /// Whether a TCP connection from here to there comes about.
    pub fn reaches(&self, from: &str, ip: &str, port: u16) -> bool {
        let call = format!("exec 3<>/dev/tcp/{ip}/{port}");
        let space = self.full(from).unwrap();
        let call = Command::new("ip")
            .args(["netns", "exec", &space, "timeout", "2", "bash", "-c", &call])
            .output()
            .unwrap();
        call.status.success()
    }

    fn full(&self, name: &str) -> Result<String, String> {
        let full = format!("{}-{name}", self.name);
        if self.spaces.contains(&full) { Ok(full) } else { Err(format!("no namespace {full}")) }
    }

    fn space(&mut self, name: &str) -> Result<(), String> {
        let full = format!("{}-{name}", self.name);
        done(Command::new("ip").args(["netns", "add", &full]), "ip netns")?;
        self.spaces.push(full);
        self.run(name, "ip link set lo up")
    }

    /// Connects a namespace with the street.
    fn connect(&self, name: &str, last: u8) -> Result<(), String> {
        let here = self.full(name)?;
        let end = format!("to{last}");
        self.run("street", &format!("ip link add {end} type veth peer name street netns {here}"))?;
        self.run("street", &format!("ip link set {end} master bridge"))?;
        self.run("street", &format!("ip link set {end} up"))?;
        self.run(name, &format!("ip addr add {STREET}.{last}/24 dev street"))?;
        self.run(name, "ip link set street up")
    }

    fn run(&self, name: &str, words: &str) -> Result<(), String> {
        let space = self.full(name)?;
        done(Command::new("ip").args(["netns", "exec", &space]).args(words.split(' ')), words)
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        for space in &self.spaces {
            let _ = Command::new("ip").args(["netns", "del", space]).output();
        }
    }
}

fn done(command: &mut Command, what: &str) -> Result<(), String> {
    let Output { status, stderr, .. } = command.output().map_err(|e| format!("{what}: {e}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{what}: {}", String::from_utf8_lossy(&stderr).trim()))
}
