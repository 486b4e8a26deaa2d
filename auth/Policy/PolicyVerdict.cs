namespace XcpBroker.Auth.Policy;

/// <summary>What a policy says.</summary>
/// <param name="IsAllowed">Whether it may be.</param>
/// <param name="Rule">The rule that decided; null: none matched.</param>
public readonly record struct PolicyVerdict(bool IsAllowed, PolicyRule? Rule)
{
    /// <summary>No rule matched, and what no rule allows is denied.</summary>
    public static PolicyVerdict DeniedByDefault => default;

    /// <summary>Whether the rule wants the message in the log, though it may pass.</summary>
    public bool IsToBeLogged => Rule is MessageRule { Log: true };
}
