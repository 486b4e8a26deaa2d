namespace XcpBroker.Protocol.Names;

/// <summary>The grammar of object paths (spec, message-protocol-marshaling-object-path).</summary>
public static class ObjectPath
{
    /// <summary>Whether it is '/' or '/'-led elements of letters, digits and '_', without a '/' at the end.</summary>
    public static bool IsValid(ReadOnlySpan<byte> path) =>
        path.Length > 0
        && path[0] == (byte)'/'
        && (path.Length == 1 || NameScan.IsMadeOfElements(path[1..], (byte)'/', mayHaveHyphen: false, mayBeginWithDigit: true, out _));

    /// <inheritdoc cref="IsValid(ReadOnlySpan{byte})"/>
    public static bool IsValid(string path) => AsciiText.Check(path, IsValid);

    /// <summary>Whether a path is a namespace or lies below it; '/' has everything below it.</summary>
    public static bool IsInNamespace(ReadOnlySpan<byte> path, ReadOnlySpan<byte> root) =>
        root.Length == 1
        || (path.StartsWith(root) && (path.Length == root.Length || path[root.Length] == (byte)'/'));
}
