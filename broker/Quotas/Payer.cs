namespace XcpBroker.Quotas;

/// <summary>Whose connections share one account: a user of this host, or a domain. A domain counts as one user, however many it has itself.</summary>
/// <param name="UserId">The user; null: none that is known, or a domain.</param>
/// <param name="Domain">The domain's name; null: of this host.</param>
internal readonly record struct Payer(uint? UserId, string? Domain)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Domain is not null ? $"domain {Domain}" : UserId is { } user ? $"uid {user}" : "no user that is known";
}
