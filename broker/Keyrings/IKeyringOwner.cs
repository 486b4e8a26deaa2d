namespace XcpBroker.Keyrings;

/// <summary>The user whose keyring it is: the bus's own. Answers may take as long as a directory server does.</summary>
internal interface IKeyringOwner
{
    uint UserId { get; }

    /// <summary>Its name, which libdbus's clients say; null: it has none.</summary>
    string? Name { get; }

    /// <summary>All its groups, ascending; null: they are not known.</summary>
    IReadOnlyList<uint>? Groups { get; }

    /// <summary>Where its home is, rooted; null: it has none.</summary>
    string? Home { get; }
}
