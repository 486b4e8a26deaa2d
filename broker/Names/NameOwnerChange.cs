namespace XcpBroker.Names;

/// <summary>One name that passed from one primary owner to another.</summary>
/// <param name="Name">The well-known name.</param>
/// <param name="OldOwner">Who loses it (NameLost), or null when nobody had it.</param>
/// <param name="NewOwner">Who acquires it (NameAcquired), or null when nobody waited for it.</param>
internal readonly record struct NameOwnerChange<TPeer>(string Name, TPeer? OldOwner, TPeer? NewOwner)
    where TPeer : class;
