using XcpBroker.Auth.Domains;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Auth.Policy;

/// <summary>All rules of a bus. Its rules never change; it keeps what it has made of them for the peers it was asked about.</summary>
/// <remarks>
/// Which rules are for a peer of the host and in which order: default; those for <c>@dom0</c>; its groups, ascending by gid; its user; at the console or not; mandatory; in
/// each of these as they are written. Of those that match the last one decides. Used by one thread.
/// Which are for a peer of a domain: those for every domain; its type; its tags; its UUID; its name; mandatory. Nothing is allowed that
/// none of these allows.
/// Source: bus/policy.c, bus_policy_create_client_policy; domains are ours.
/// </remarks>
public sealed class PolicySet
{
    /// <summary>So many different peers are remembered; a user who can take on many sets of groups must not fill the memory.</summary>
    private const int MaxRemembered = 1024;

    private readonly bool _isStrict;
    private readonly ILookup<PolicyContext, PolicyRule> _rules;
    private readonly NameNumbers _names;
    private readonly ConnectRule[] _connectRules;
    private readonly Dictionary<string, PeerPolicy> _remembered = new(StringComparer.Ordinal);
    private Asked? _last;

    /// <param name="entries">The rules as they are written, with those of included files where these are included.</param>
    /// <param name="isStrict">
    /// Whether an allow rule that names a member, a path or an error never matches a message without one, and a deny rule always does, as
    /// dbus-daemon does for interfaces only; and whether rules before one that has only conditions like min_fds still count.
    /// </param>
    public PolicySet(IReadOnlyList<PolicyEntry> entries, bool isStrict)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Entries = entries;
        _isStrict = isStrict;
        _rules = entries.ToLookup(entry => entry.Context, entry => entry.Rule);
        _connectRules = [.. _rules[PolicyContext.Default].Concat(_rules[PolicyContext.Mandatory]).OfType<ConnectRule>()];
        _names = new NameNumbers(entries.Select(entry => entry.Rule).OfType<MessageRule>());
        BusNames = _names.OfBus(BusName.Driver);
    }

    /// <summary>The rules as they are written.</summary>
    public IReadOnlyList<PolicyEntry> Entries { get; }

    /// <summary>The names of the bus itself.</summary>
    public PolicyNames BusNames { get; }

    /// <summary>Everything but eavesdropping is allowed to whoever may connect: the bus's own user and root.</summary>
    public static PolicySet OpenToOwnUser()
    {
        PolicySource source = new("built-in policy", 0);
        PolicyRule[] rules =
        [
            new MessageRule(PolicyDirection.Send, true, source) { Eavesdrop = true },
            new MessageRule(PolicyDirection.Receive, true, source) { RequestedReply = false },
            new OwnRule(true, source, null, false),
        ];
        return new PolicySet([.. rules.Select(rule => new PolicyEntry(PolicyContext.Default, rule))], isStrict: true);
    }

    /// <summary>What rules know of a peer with these names: those that it owns, those that it waits for, and its unique name.</summary>
    /// <param name="names">Its names.</param>
    /// <param name="domain">Its domain; null: it is of the host.</param>
    public PolicyNames NamesOf(IEnumerable<string> names, DomainIdentity? domain = null) => _names.Of(names, domain);

    /// <summary>Whether a rule mentions the name: whoever gets or loses it needs new <see cref="PolicyNames"/>.</summary>
    public bool Mentions(string name) => _names.Mention(name);

    /// <summary>Whether a user may connect.</summary>
    /// <param name="userId">Who the peer is; null: unknown, and then only rules for everyone are for it.</param>
    /// <param name="groups">All its groups; null: not known completely, and then each denial of a group is for it and no permission.</param>
    /// <param name="ownUserId">The user that the bus runs as, who may connect unless a rule says otherwise; so may root.</param>
    public PolicyVerdict CheckConnect(uint? userId, IReadOnlyList<uint>? groups, uint ownUserId) =>
        CheckConnect(userId, groups, new PolicyVerdict(userId == 0 || userId == ownUserId, null));

    /// <summary>Whether who has authenticated as nobody may connect, where that is allowed at all: yes, unless a rule for everyone says otherwise.</summary>
    /// <remarks>dbus-daemon does not ask the rules then.</remarks>
    public PolicyVerdict CheckAnonymousConnect() => CheckConnect(null, [], new PolicyVerdict(true, null));

    /// <summary>Whether a peer of a domain may connect: if the domain is known, or there are rules for who is not; unless a mandatory rule for everyone says otherwise.</summary>
    public PolicyVerdict CheckDomainConnect(DomainIdentity domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        PolicyVerdict verdict = new(domain.IsKnown || ContextsOf(domain).Any(_rules.Contains), null);
        foreach (ConnectRule rule in _rules[PolicyContext.Mandatory].OfType<ConnectRule>())
        {
            bool isMeant = rule is { GroupId: null, UserId: null } && !(rule.IsAllow && !domain.IsKnown);
            verdict = isMeant ? new PolicyVerdict(rule.IsAllow, rule) : verdict;
        }

        return verdict;
    }

    /// <summary>What a peer of a domain may do.</summary>
    public PeerPolicy ForDomain(DomainIdentity domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Remember([.. ContextsOf(domain), PolicyContext.Mandatory], groupsKnown: true);
    }

    private PolicyVerdict CheckConnect(uint? userId, IReadOnlyList<uint>? groups, PolicyVerdict withoutRules)
    {
        PolicyVerdict verdict = withoutRules;
        foreach (ConnectRule rule in _connectRules)
        {
            bool isMeant = rule.GroupId is { } group
                ? groups?.Contains(group) ?? !rule.IsAllow
                : rule.UserId is null || rule.UserId == userId;
            verdict = isMeant ? new PolicyVerdict(rule.IsAllow, rule) : verdict;
        }

        return verdict;
    }

    /// <summary>What a peer may do. The same value for the same credentials.</summary>
    /// <param name="userId">Who the peer is; null: unknown, and then no rule for a user or the console is for it.</param>
    /// <param name="groups">All its groups, ascending; null: not known completely, and then each denial of a group is for it and no permission.</param>
    /// <param name="isAtConsole">Whether its user is at the console.</param>
    public PeerPolicy ForPeer(uint? userId, IReadOnlyList<uint>? groups, bool isAtConsole)
    {
        // Connections of one user come one after the other.
        if (_last is null || !_last.IsOf(userId, groups, isAtConsole))
        {
            _last = new Asked(userId, groups is null ? null : [.. groups], isAtConsole, Find(userId, groups, isAtConsole));
        }

        return _last.Policy;
    }

    private PeerPolicy Find(uint? userId, IReadOnlyList<uint>? groups, bool isAtConsole)
    {
        List<PolicyContext> contexts = [PolicyContext.Default, PolicyContext.OfDomain(new DomainPattern(DomainPatternKind.Dom0, ""))];
        bool groupsKnown = groups is not null;
        contexts.AddRange((groups ?? AllGroups()).Select(PolicyContext.OfGroup));
        if (userId is { } user)
        {
            contexts.Add(PolicyContext.OfUser(user));
            contexts.Add(PolicyContext.AtConsole(isAtConsole));
        }

        contexts.Add(PolicyContext.Mandatory);
        return Remember(contexts, groupsKnown);
    }

    private static IEnumerable<PolicyContext> ContextsOf(DomainIdentity domain)
    {
        List<DomainPattern> patterns = [];
        if (!domain.IsKnown)
        {
            patterns.Add(new DomainPattern(DomainPatternKind.Unknown, ""));
        }
        else
        {
            patterns.Add(new DomainPattern(DomainPatternKind.Any, ""));
            Add(DomainPatternKind.Type, domain.Type);
            foreach (string tag in domain.Tags.Order(StringComparer.Ordinal))
            {
                Add(DomainPatternKind.Tag, tag);
            }

            Add(DomainPatternKind.Uuid, domain.Uuid);
            Add(DomainPatternKind.Name, domain.Name);
        }

        return patterns.Select(PolicyContext.OfDomain);

        void Add(DomainPatternKind kind, string? value)
        {
            if (value is not null)
            {
                patterns.Add(new DomainPattern(kind, value));
            }
        }
    }

    private PeerPolicy Remember(List<PolicyContext> contexts, bool groupsKnown)
    {
        contexts.RemoveAll(context => !_rules.Contains(context));
        string key = $"{groupsKnown} {string.Join(' ', contexts.Select(context => $"{context.Kind}{context.Id}{context.Domain}"))}";
        if (!_remembered.TryGetValue(key, out PeerPolicy? policy))
        {
            if (_remembered.Count == MaxRemembered)
            {
                _remembered.Clear();
            }

            PolicyRule[] rules = [.. contexts.SelectMany(context => Rules(context, groupsKnown))];
            policy = new PeerPolicy(rules, _names, _isStrict);
            _remembered.Add(key, policy);
        }

        return policy;
    }

    private IEnumerable<uint> AllGroups() =>
        _rules.Where(block => block.Key.Kind == PolicyContextKind.Group).Select(block => block.Key.Id).Order();

    private IEnumerable<PolicyRule> Rules(PolicyContext context, bool groupsKnown) =>
        _rules[context].Where(rule => groupsKnown || context.Kind != PolicyContextKind.Group || !rule.IsAllow);

    /// <summary>A peer that was asked about, and the answer.</summary>
    private sealed record Asked(uint? UserId, uint[]? Groups, bool IsAtConsole, PeerPolicy Policy)
    {
        internal bool IsOf(uint? userId, IReadOnlyList<uint>? groups, bool isAtConsole)
        {
            if (userId != UserId || isAtConsole != IsAtConsole || groups?.Count != Groups?.Length)
            {
                return false;
            }

            for (int i = 0; i < Groups?.Length; i++)
            {
                if (groups![i] != Groups[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
