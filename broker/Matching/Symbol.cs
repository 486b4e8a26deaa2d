using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Matching;

/// <summary>A value that rules name. There is one for equal bytes, so that values are compared as references.</summary>
internal sealed class Symbol(byte[] bytes, uint hash) : Chained<Symbol>(hash)
{
    internal ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Whether it can be the well-known name of a peer: not a unique name, and not that of the bus.</summary>
    internal bool CanBeOwned => bytes is not [(byte)':', ..] && !Bytes.SequenceEqual("org.freedesktop.DBus"u8);

    /// <summary>How many nodes name it.</summary>
    internal int References { get; set; }
}

/// <summary>All values of all rules.</summary>
internal sealed class SymbolTable
{
    private readonly ChainedTable<Symbol> _symbols = new();

    internal int Count => _symbols.Count;

    /// <summary>Bytes of the longest value so far: nothing longer need be looked up.</summary>
    internal int Longest { get; private set; }

    /// <summary>Null if no rule names it.</summary>
    internal Symbol? Find(ReadOnlySpan<byte> bytes) => bytes.Length > Longest ? null : Find(bytes, SeededHash.Of(bytes));

    /// <summary>The same, for one who knows the hash.</summary>
    internal Symbol? Find(ReadOnlySpan<byte> bytes, uint hash)
    {
        Symbol? symbol = _symbols.ChainOf(hash);
        while (symbol is not null && (symbol.Hash != hash || !symbol.Bytes.SequenceEqual(bytes)))
        {
            symbol = symbol.NextInChain;
        }

        return symbol;
    }

    /// <summary>Adds a reference, and the symbol if need be.</summary>
    internal Symbol Acquire(ReadOnlySpan<byte> bytes)
    {
        uint hash = SeededHash.Of(bytes);
        Symbol? symbol = Find(bytes, hash);
        if (symbol is null)
        {
            symbol = new Symbol(bytes.ToArray(), hash);
            _symbols.Add(symbol);
            Longest = Math.Max(Longest, bytes.Length);
        }

        symbol.References++;
        return symbol;
    }

    internal void Release(Symbol? symbol)
    {
        if (symbol is not null && --symbol.References == 0)
        {
            _symbols.Remove(symbol);
        }
    }
}
