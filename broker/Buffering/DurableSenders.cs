using XcpBroker.Auth;
using XcpBroker.Auth.Policy;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Who has messages in the journal. A sender may be gone, or have been the peer of a broker that is gone.</summary>
/// <param name="quota">The journal's bytes.</param>
/// <param name="gate">Knows the rules in force.</param>
internal sealed class DurableSenders(DomainQuota quota, PolicyGate gate)
{
    private readonly Dictionary<string, DurableSender> _senders = [];

    /// <summary>The sender of a message that is about to be added, or not: <see cref="DurableSender.Release"/> it once.</summary>
    /// <param name="uniqueName">Its unique name.</param>
    /// <param name="credentials">Who it is.</param>
    /// <param name="domain">The domain that it is in; null: in none, or it is not here any more.</param>
    internal DurableSender Take(string uniqueName, PeerCredentials credentials, BusDomain? domain = null)
    {
        if (!_senders.TryGetValue(uniqueName, out DurableSender? sender))
        {
            sender = new DurableSender(this, Connection.OfGone(credentials, uniqueName, quota.Open(new Payer(credentials.UserId, credentials.Domain?.Name))));
            sender.Connection.Domain = domain;
            _senders.Add(uniqueName, sender);
        }

        sender.Uses++;
        Judge(sender);
        return sender;
    }

    /// <summary>Makes the rules in force those of the sender.</summary>
    internal void Judge(DurableSender sender)
    {
        if (sender.Judged != gate.Policy)
        {
            sender.Judged = gate.Policy;
            gate.Judge(sender.Connection);
        }
    }

    internal void Forget(DurableSender sender)
    {
        _senders.Remove(sender.Connection.UniqueNameText);
        sender.Connection.Account.Close();
    }
}

/// <summary>Stands for one sender as long as messages of it are in the journal.</summary>
internal sealed class DurableSender(DurableSenders owner, Connection connection)
{
    /// <summary>A closed connection with the sender's name and credentials; its account is a share of the journal.</summary>
    internal Connection Connection => connection;

    internal PeerCredentials Credentials => connection.Credentials;

    /// <summary>Messages that are its.</summary>
    internal int Uses { get; set; }

    /// <summary>The rules that its policy was made from.</summary>
    internal PolicySet? Judged { get; set; }

    internal void Release()
    {
        if (--Uses == 0)
        {
            owner.Forget(this);
        }
    }
}
