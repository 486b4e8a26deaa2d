namespace XcpBroker.Xenstore;

/// <summary>Where xenstore is: as XENSTORED_PATH says, which Xen's own tools go by too; else xenstored's socket; else the kernel's device.</summary>
internal static class XenstoreLocation
{
    /// <summary>The environment variable.</summary>
    internal const string Variable = "XENSTORED_PATH";

    private const string Device = "/dev/xen/xenbus";

    private static readonly string[] Usual = ["/run/xenstored/socket", "/var/run/xenstored/socket", Device];

    /// <summary>What the environment says; null: nothing.</summary>
    internal static string? OfEnvironment() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;

    /// <summary>What to open now: it may come into being later.</summary>
    /// <param name="given">What was said; null: nothing.</param>
    internal static string Choose(string? given) => given ?? Usual.FirstOrDefault(File.Exists) ?? Usual[0];

    /// <summary>Whether there is one at all.</summary>
    /// <param name="given">What was said; null: nothing.</param>
    internal static bool Exists(string? given) => given is not null || Usual.Any(File.Exists);
}
