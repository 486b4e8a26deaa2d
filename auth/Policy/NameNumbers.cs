using XcpBroker.Auth.Domains;

namespace XcpBroker.Auth.Policy;

/// <summary>Numbers the names, prefixes and domains that rules mention.</summary>
internal sealed class NameNumbers
{
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _prefixes = new(StringComparer.Ordinal);

    private readonly List<DomainPattern> _domains = [];
    private readonly bool[] _ofHost;
    private readonly PolicyNames _host;

    internal NameNumbers(IEnumerable<MessageRule> rules)
    {
        foreach (MessageRule rule in rules)
        {
            if (rule.Peer is not null)
            {
                (rule.PeerIsPrefix ? _prefixes : _names).TryAdd(rule.Peer, Count);
            }

            if (rule.Domain is { } domain && !_domains.Contains(domain))
            {
                _domains.Add(domain);
            }
        }

        _ofHost = DomainsOf(null);
        _host = _ofHost.Contains(true) ? new PolicyNames([], _ofHost) : PolicyNames.None;
    }

    internal int Count => _names.Count + _prefixes.Count;

    /// <summary>The number of what the rule calls its peer.</summary>
    internal int Of(MessageRule rule) => (rule.PeerIsPrefix ? _prefixes : _names)[rule.Peer!];

    /// <summary>The number of the domains that the rule is about; -1: it is about all.</summary>
    internal int DomainOf(MessageRule rule) => rule.Domain is { } domain ? _domains.IndexOf(domain) : -1;

    /// <summary>Whether a rule mentions the name, or a prefix of it.</summary>
    internal bool Mention(string name) => _names.ContainsKey(name) || Prefixes(name).Any();

    /// <summary>Of the bus, which no rule on domains is about.</summary>
    internal PolicyNames OfBus(string name) => Of([name], []);

    internal PolicyNames Of(IEnumerable<string> names, DomainIdentity? domain) => Of(names, domain is null ? _ofHost : DomainsOf(domain));

    private bool[] DomainsOf(DomainIdentity? domain) => [.. _domains.Select(pattern => pattern.Matches(domain))];

    private PolicyNames Of(IEnumerable<string> names, bool[] domains)
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

        return numbers is not null ? new PolicyNames([.. numbers], domains)
            : ReferenceEquals(domains, _ofHost) ? _host
            : domains.Contains(true) ? new PolicyNames([], domains)
            : PolicyNames.None;
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
