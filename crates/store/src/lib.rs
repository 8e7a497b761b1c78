//! What a home keeps on disk: the log as folders of tiles, the database, blobs and details.
