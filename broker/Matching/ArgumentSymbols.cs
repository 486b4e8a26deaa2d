using System.Runtime.InteropServices;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Matching;

/// <summary>The symbols that a message's arguments stand for; each is looked up once a message, however many rules ask.</summary>
internal sealed class ArgumentSymbols(SymbolTable symbols)
{
    private readonly Entry[] _entries = new Entry[BodyArguments.MaxArguments];
    private readonly List<Symbol> _directories = [];
    private readonly List<Symbol> _namespaces = [];
    private ulong _message;
    private ulong _namespacesOf;

    /// <summary>Look-ups made for the message so far.</summary>
    internal int Lookups { get; private set; }

    /// <summary>Forgets the message before.</summary>
    internal void Begin()
    {
        _message++;
        _directories.Clear();
        Lookups = 0;
    }

    /// <summary>The symbol of the value itself, or null.</summary>
    internal Symbol? Equal(int index, ReadOnlySpan<byte> value)
    {
        ref Entry entry = ref _entries[index];
        if (entry.EqualOf != _message)
        {
            entry.EqualOf = _message;
            entry.Equal = symbols.Find(value);
            Lookups++;
        }

        return entry.Equal;
    }

    /// <summary>The value and the directories that it lies in, for argNpath. Good until the next message.</summary>
    internal ReadOnlySpan<Symbol> Directories(int index, ReadOnlySpan<byte> value)
    {
        ref Entry entry = ref _entries[index];
        if (entry.DirectoriesOf != _message)
        {
            entry.DirectoriesOf = _message;
            entry.FirstDirectory = _directories.Count;
            Lookups += ValuePrefixes.CollectDirectories(symbols, value, _directories);
            entry.EndOfDirectories = _directories.Count;
        }

        return CollectionsMarshal.AsSpan(_directories)[entry.FirstDirectory..entry.EndOfDirectories];
    }

    /// <summary>The value and the namespaces that it lies in, for arg0namespace. Good until the next message.</summary>
    internal ReadOnlySpan<Symbol> Namespaces(ReadOnlySpan<byte> value)
    {
        if (_namespacesOf != _message)
        {
            _namespacesOf = _message;
            _namespaces.Clear();
            Lookups += ValuePrefixes.CollectNameNamespaces(symbols, value, _namespaces);
        }

        return CollectionsMarshal.AsSpan(_namespaces);
    }

    private struct Entry
    {
        internal ulong EqualOf;
        internal ulong DirectoriesOf;
        internal Symbol? Equal;
        internal int FirstDirectory;
        internal int EndOfDirectories;
    }
}
