// One import for users of the library: everything below, re-exported.
@_exported import FlowCore
