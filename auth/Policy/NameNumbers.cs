namespace XcpBroker.Auth.Policy;

/// <summary>Numbers the names and prefixes that rules mention.</summary>
internal sealed class NameNumbers
{
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _prefixes = new(StringComparer.Ordinal);

    internal NameNumbers(IEnumerable<MessageRule> rules)
    {
        foreach (MessageRule rule in rules)
        {
            if (rule.Peer is not null)
            {
                (rule.PeerIsPrefix ? _prefixes : _names).TryAdd(rule.Peer, Count);
            }
        }
    }

    internal int Count => _names.Count + _prefixes.Count;

    /// <summary>The number of what the rule calls its peer.</summary>
    internal int Of(MessageRule rule) => (rule.PeerIsPrefix ? _prefixes : _names)[rule.Peer!];

    /// <summary>Whether a rule mentions the name, or a prefix of it.</summary>
    internal bool Mention(string name) => _names.ContainsKey(name) || Prefixes(name).Any();

    internal PolicyNames Of(IEnumerable<string> names)
    {
        SortedSet<int>? numbers = null;
        foreach (string name in names)
        {
            if (_names.TryGetValue(name, out int number))
            {
                (numbers ??= []).Add(number);
            }

            foreach (int prefix in Prefixes(name))
            {
                (numbers ??= []).Add(prefix);
            }
        }

        return numbers is null ? PolicyNames.None : new PolicyNames([.. numbers]);
    }

    private IEnumerable<int> Prefixes(string name)
    {
        for (int end = _prefixes.Count == 0 ? -1 : name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
        {
            if (_prefixes.TryGetValue(name[..end], out int number))
            {
                yield return number;
            }
        }
    }
}
