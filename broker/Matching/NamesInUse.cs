using System.Runtime.InteropServices;
using System.Text;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Matching;

/// <summary>The names that rules wait for and that peers can own, with the number of nodes that name each. Which of them does a peer own?</summary>
/// <remarks>The bus's own name is not among them, though nearly every client has a rule with it.</remarks>
internal sealed class NamesInUse(SymbolTable symbols)
{
    private const int MaxNameBytes = Protocol.ProtocolLimits.MaxNameLength;

    private readonly Dictionary<Symbol, int> _names = [];

    internal void Add(Symbol name)
    {
        if (name.CanBeOwned)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_names, name, out _)++;
        }
    }

    internal void Remove(Symbol name)
    {
        if (name.CanBeOwned && --CollectionsMarshal.GetValueRefOrNullRef(_names, name) == 0)
        {
            _names.Remove(name);
        }
    }

    /// <summary>Appends those that the peer owns, walking through the shorter of the two lists.</summary>
    /// <returns>Look-ups made.</returns>
    internal int Collect(IReadOnlyList<string>? owned, List<Symbol> found)
    {
        if (owned is null || _names.Count == 0)
        {
            return 0;
        }

        return owned.Count > _names.Count && owned is IOwnedNames asked ? Ask(asked, found) : Walk(owned, found);
    }

    private int Ask(IOwnedNames owned, List<Symbol> found)
    {
        foreach (Symbol name in _names.Keys)
        {
            if (owned.Contains(name.Bytes))
            {
                found.Add(name);
            }
        }

        return _names.Count;
    }

    private int Walk(IReadOnlyList<string> owned, List<Symbol> found)
    {
        Span<byte> bytes = stackalloc byte[MaxNameBytes];
        int count = owned.Count;
        for (int index = 0; index < count; index++)
        {
            if (Encoding.ASCII.TryGetBytes(owned[index], bytes, out int length)
                && symbols.Find(bytes[..length]) is { } name
                && _names.ContainsKey(name))
            {
                found.Add(name);
            }
        }

        return count;
    }
}
