using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Matching;

/// <summary>Which prefixes of a value do rules name? Only those that end at a separator count, and the whole value.</summary>
internal static class ValuePrefixes
{
    /// <summary>Prefixes that the path is in the namespace of: for /a/b these are /, /a and /a/b.</summary>
    internal static int CollectPathNamespaces(SymbolTable symbols, ReadOnlySpan<byte> path, List<Symbol> found) =>
        Collect(symbols, path, (byte)'/', separatorBytes: 0, found);

    /// <summary>Prefixes that argNpath takes for a directory of the value: for /a/b these are / and /a/, and /a/b itself.</summary>
    internal static int CollectDirectories(SymbolTable symbols, ReadOnlySpan<byte> value, List<Symbol> found) =>
        Collect(symbols, value, (byte)'/', separatorBytes: 1, found);

    /// <summary>Prefixes that the name is in the namespace of: for a.b these are a and a.b.</summary>
    internal static int CollectNameNamespaces(SymbolTable symbols, ReadOnlySpan<byte> name, List<Symbol> found) =>
        Collect(symbols, name, (byte)'.', separatorBytes: 0, found);

    /// <returns>Look-ups made.</returns>
    private static int Collect(SymbolTable symbols, ReadOnlySpan<byte> value, byte separator, int separatorBytes, List<Symbol> found)
    {
        SeededHash.Prefixes hashes = new(value);
        int limit = Math.Min(value.Length, symbols.Longest);
        int lookups = 0;
        int last = -1;
        for (int index = 0; index <= limit; index++)
        {
            int length = index == value.Length ? index
                : value[index] == separator ? Math.Max(1, index + separatorBytes)
                : last;
            if (length == last)
            {
                continue;
            }

            last = length;
            lookups++;
            if (symbols.Find(value[..length], hashes.HashOf(length)) is { } symbol)
            {
                found.Add(symbol);
            }
        }

        return lookups;
    }
}
