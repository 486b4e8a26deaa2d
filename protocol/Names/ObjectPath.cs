namespace XcpBroker.Protocol.Names;

/// <summary>The grammar of object paths (spec, message-protocol-marshaling-object-path).</summary>
public static class ObjectPath
{
    /// <summary>Whether it is '/' or '/'-led elements of letters, digits and '_', without a '/' at the end.</summary>
    public static bool IsValid(ReadOnlySpan<byte> path)
    {
        if (path.Length == 0 || path[0] != (byte)'/')
        {
            return false;
        }

        bool isStart = true;
        foreach (byte b in path[1..])
        {
            if (NameGrammar.IsWord(b))
            {
                isStart = false;
            }
            else if (b != (byte)'/' || isStart)
            {
                return false;
            }
            else
            {
                isStart = true;
            }
        }

        return !isStart || path.Length == 1;
    }

    /// <inheritdoc cref="IsValid(ReadOnlySpan{byte})"/>
    public static bool IsValid(string path) => AsciiText.Check(path, IsValid);

    /// <summary>Whether a path is a namespace or lies below it; '/' has everything below it.</summary>
    public static bool IsInNamespace(ReadOnlySpan<byte> path, ReadOnlySpan<byte> root) =>
        root.Length == 1
        || (path.StartsWith(root) && (path.Length == root.Length || path[root.Length] == (byte)'/'));
}
