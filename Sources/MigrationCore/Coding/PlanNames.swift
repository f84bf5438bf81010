// The names of a plan's settings in the journal and on the control socket.

extension MigrationPlan {
    package enum CodingKeys: String, CodingKey {
        case id, scope, source, target, mode, databases, transfer, replace, feed, worker
        case userCopy = "copy_acl"
        case backlogBytes = "backlog_bytes"
    }
}

extension TransferOptions {
    package enum CodingKeys: String, CodingKey {
        case parallel
        case batchSize = "batch_size"
        case timeoutSeconds = "timeout_s"
        case dirtyBytes = "dirty_bytes"
        case bigValueBytes = "big_value_bytes"
        case maxKeysPerSecond = "max_rate_keys"
        case maxBytesPerSecond = "max_bandwidth_bytes"
        case acceptedSkewSeconds = "accept_skew_s"
    }
}

extension TransferUpdate {
    package enum CodingKeys: String, CodingKey {
        case parallel
        case batchSize = "batch_size"
        case maxKeysPerSecond = "max_rate_keys"
        case maxBytesPerSecond = "max_bandwidth_bytes"
        case acceptedSkewSeconds = "accept_skew_s"
    }
}

extension CutoverOptions {
    package enum CodingKeys: String, CodingKey {
        case force
        case maxLag = "max_lag"
        case maxPauseMilliseconds = "max_pause_ms"
        case fence, verify
    }
}

extension FeedPosition {
    package enum CodingKeys: String, CodingKey {
        case replicationID = "replication_id"
        case offset, database
    }
}
