import Testing

/// The built programs and real peers: Python's model runner and client, PostgreSQL, processes and
/// sockets.
///
/// One test at a time: each starts several processes, and two cores are all that it may count on.
@Suite(.serialized) enum IntegrationTests {}
