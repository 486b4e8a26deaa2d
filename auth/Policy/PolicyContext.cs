using XcpBroker.Auth.Domains;

namespace XcpBroker.Auth.Policy;

/// <summary>Which peers a <c>&lt;policy&gt;</c> element is for, in the order in which they are applied.</summary>
public enum PolicyContextKind
{
    /// <summary><c>context="default"</c>: all, first.</summary>
    Default,

    /// <summary><c>group="..."</c>: who is in that group.</summary>
    Group,

    /// <summary><c>user="..."</c>: that user.</summary>
    User,

    /// <summary><c>at_console="true"</c> or <c>"false"</c>: who is, or is not, at the console.</summary>
    AtConsole,

    /// <summary><c>domain="..."</c>: who is in such a domain. <c>@dom0</c> comes right behind the default, the others stand alone.</summary>
    Domain,

    /// <summary><c>context="mandatory"</c>: all, last, so that nothing overrides it.</summary>
    Mandatory,
}

/// <summary>The peers that one block of rules is for.</summary>
/// <param name="Kind">What they have in common.</param>
/// <param name="Id">The gid or uid; 1 or 0 for at the console or not; else 0.</param>
/// <param name="Domain">Which domains; null: it is about none.</param>
public readonly record struct PolicyContext(PolicyContextKind Kind, uint Id, DomainPattern? Domain = null)
{
    /// <summary>All peers, before everything else.</summary>
    public static PolicyContext Default => new(PolicyContextKind.Default, 0);

    /// <summary>All peers, after everything else.</summary>
    public static PolicyContext Mandatory => new(PolicyContextKind.Mandatory, 0);

    /// <summary>The members of a group.</summary>
    public static PolicyContext OfGroup(uint groupId) => new(PolicyContextKind.Group, groupId);

    /// <summary>One user.</summary>
    public static PolicyContext OfUser(uint userId) => new(PolicyContextKind.User, userId);

    /// <summary>Who is in such a domain.</summary>
    public static PolicyContext OfDomain(DomainPattern domain) => new(PolicyContextKind.Domain, 0, domain);

    /// <summary>Who is at the console, or who is not.</summary>
    public static PolicyContext AtConsole(bool isAtConsole) => new(PolicyContextKind.AtConsole, isAtConsole ? 1u : 0u);
}

/// <summary>One rule and whom it is for.</summary>
/// <param name="Context">The block that it stands in.</param>
/// <param name="Rule">The rule.</param>
public readonly record struct PolicyEntry(PolicyContext Context, PolicyRule Rule);
