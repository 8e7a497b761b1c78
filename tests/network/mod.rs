//! Homes behind routers, in network namespaces: what a laptop at home can and cannot reach.

mod reach;
mod town;
