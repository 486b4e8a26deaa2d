using System.Collections;
using XcpBroker.Names;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Matching;

/// <summary>The names that one peer owns, asked of the registry at the moment. One object serves one peer after another.</summary>
internal sealed class CurrentNames<TPeer>(NameRegistry<TPeer> registry) : IOwnedNames
    where TPeer : class
{
    private IReadOnlyList<string> _names = [];
    private TPeer? _owner;

    public int Count => _names.Count;

    public string this[int index] => _names[index];

    public bool Contains(ReadOnlySpan<byte> name) => registry.OwnerOf(name) == _owner;

    public IEnumerator<string> GetEnumerator() => _names.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The peer's names; good until the next call.</summary>
    internal IOwnedNames Of(TPeer owner)
    {
        _owner = owner;
        _names = registry.OwnedNames(owner);
        return this;
    }
}
