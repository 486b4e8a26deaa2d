namespace XcpBroker.Activation;

/// <summary>Which Xen domains have peers on this bus.</summary>
internal interface IDomainPresence
{
    /// <summary>Whether a peer of a domain is connected.</summary>
    /// <param name="domain">Its name, as X-XCP-Domain has it.</param>
    bool IsConnected(string domain);
}
