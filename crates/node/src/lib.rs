//! The living cell: carries events and effects between protocol, store and net.
