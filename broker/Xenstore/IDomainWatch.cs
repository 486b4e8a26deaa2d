namespace XcpBroker.Xenstore;

/// <summary>A domain that runs: from when xenstore knows it until it is dead, and no longer.</summary>
/// <param name="Name">As it is declared.</param>
/// <param name="Domid">Its number this time; the next domain may get the same.</param>
/// <param name="Uuid">As the toolstack says.</param>
/// <param name="Secret">What it alone has been told: it proves to the bus that a peer is there. Printable ASCII.</param>
internal sealed record DomainBoot(string Name, uint Domid, string Uuid, string Secret)
{
    /// <remarks>The secret is nobody's business.</remarks>
    public override string ToString() => $"{Name}, domid {Domid}, {Uuid}";
}

/// <summary>Watches declared domains come and go, and tells them of the bus.</summary>
internal interface IDomainWatch
{
    /// <summary>From now on, or now in another form.</summary>
    void Watch(DomainNotice notice);

    /// <summary>No longer: what it was told is taken back.</summary>
    void Forget(string name);

    /// <summary>The bus knows what it was told by <see cref="IDomainEvents.Booted"/>, once for each: now the domain may be told.</summary>
    void Confirm(uint domid);
}

/// <summary>What becomes of watched domains.</summary>
internal interface IDomainEvents
{
    /// <summary>One runs, and is told once this is confirmed.</summary>
    void Booted(DomainBoot boot);

    /// <summary>One of those that were said to run is dead, is another by now, or is watched no longer.</summary>
    void Ended(string name, uint domid);

    /// <summary>Nobody knows what comes and goes. Said once until <see cref="Found"/>.</summary>
    void Lost(string problem);

    /// <summary>It is known again; all that has happened meanwhile has been said.</summary>
    void Found();

    /// <summary>One runs and could not be told; that is tried again.</summary>
    void NotTold(string name, uint domid, string problem);
}
