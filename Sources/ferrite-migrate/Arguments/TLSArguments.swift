import ArgumentParser

/// How connections to rediss:// are encrypted, for either side; named as redis-cli's options are.
struct TLSArguments: ParsableArguments, SettingArguments {
    @Option(
        help: ArgumentHelp(
            "The CA certificates that the source's certificate is verified against: a PEM file or a folder of them.",
            valueName: "file|dir"
        ),
        completion: .file()
    )
    var sourceCacert: String?

    @Option(help: ArgumentHelp("The same for the target.", valueName: "file|dir"), completion: .file())
    var targetCacert: String?

    @Option(
        help: ArgumentHelp("The client certificate for the source, a PEM file.", valueName: "file"),
        completion: .file()
    )
    var sourceCert: String?

    @Option(help: ArgumentHelp("The same for the target.", valueName: "file"), completion: .file())
    var targetCert: String?

    @Option(
        help: ArgumentHelp("The private key of the source's client certificate, a PEM file.", valueName: "file"),
        completion: .file()
    )
    var sourceKey: String?

    @Option(help: ArgumentHelp("The same for the target.", valueName: "file"), completion: .file())
    var targetKey: String?

    @Option(
        help: ArgumentHelp(
            "The name that the source's certificate must have, if not the host in the URL.",
            valueName: "name"
        )
    )
    var sourceSni: String?

    @Option(help: ArgumentHelp("The same for the target.", valueName: "name"))
    var targetSni: String?

    @Flag(help: "Do not verify the source's certificate: whoever is between can read and change everything.")
    var sourceInsecure = false

    @Flag(help: "The same for the target.")
    var targetInsecure = false

    @Option(
        help: ArgumentHelp(
            "The oldest version of TLS for the source: 1.2 or 1.3 \(Setting.sourceTLSMin.defaultNote).",
            valueName: "version"
        ),
        completion: .list(["1.2", "1.3"])
    )
    var sourceTlsMin: String?

    @Option(help: ArgumentHelp("The same for the target.", valueName: "version"), completion: .list(["1.2", "1.3"]))
    var targetTlsMin: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.sourceCACert] = sourceCacert
        given[.targetCACert] = targetCacert
        given[.sourceCert] = sourceCert
        given[.targetCert] = targetCert
        given[.sourceKey] = sourceKey
        given[.targetKey] = targetKey
        given[.sourceSNI] = sourceSni
        given[.targetSNI] = targetSni
        if sourceInsecure { given[.sourceInsecure] = "true" }
        if targetInsecure { given[.targetInsecure] = "true" }
        given[.sourceTLSMin] = sourceTlsMin
        given[.targetTLSMin] = targetTlsMin
        return given
    }
}
