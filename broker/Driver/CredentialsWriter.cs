using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Driver;

/// <summary>Credentials as a{sv}. Specification, "org.freedesktop.DBus.GetConnectionCredentials".</summary>
internal static class CredentialsWriter
{
    /// <param name="reply">Where to.</param>
    /// <param name="peer">What is known of the peer; what is not known is left out.</param>
    /// <param name="address">Where it has come from; null: from nowhere, it is the bus.</param>
    /// <param name="hasPidFd">Descriptor 0 of the message is the peer's pidfd.</param>
    internal static void Write(WireWriter reply, PeerCredentials peer, PeerAddress? address, bool hasPidFd)
    {
        int dict = reply.BeginArray(8);
        if (peer.UserId is { } user)
        {
            Key(reply, "UnixUserID");
            reply.WriteVariantUInt32(user);
        }

        if (peer.GroupIds is { } groups)
        {
            Key(reply, "UnixGroupIDs");
            reply.WriteVariantSignature("au");
            int array = reply.BeginArray(4);
            foreach (uint group in groups)
            {
                reply.WriteUInt32(group);
            }

            reply.EndArray(array);
        }

        if (peer.ProcessId is { } process)
        {
            Key(reply, "ProcessID");
            reply.WriteVariantUInt32((uint)process);
        }

        if (hasPidFd)
        {
            Key(reply, "ProcessFD");
            reply.WriteVariantSignature("h");
            reply.WriteUInt32(0);
        }

        if (peer.SecurityLabel is { } label)
        {
            Key(reply, "LinuxSecurityLabel");
            reply.WriteVariantSignature("ay");
            int array = reply.BeginArray(1);
            foreach (byte b in label)
            {
                reply.WriteByte(b);
            }

            reply.WriteByte(0);
            reply.EndArray(array);
        }

        if (peer.Domain is { } domain)
        {
            WriteDomain(reply, domain, address);
        }

        reply.EndArray(dict);
    }

    /// <summary>Of a peer of a domain nothing else is known. Whoever knows no domains finds no user, and so nobody that it trusts.</summary>
    private static void WriteDomain(WireWriter reply, DomainIdentity domain, PeerAddress? address)
    {
        if ((domain.Id ?? address?.DomainId) is { } id && domain.IsKnown)
        {
            Key(reply, "org.xen.xcp.DomainId");
            reply.WriteVariantUInt32(id);
        }

        Text(reply, "org.xen.xcp.DomainUuid", domain.Uuid);
        Text(reply, "org.xen.xcp.DomainName", domain.IsKnown ? domain.Name : null);
        Text(reply, "org.xen.xcp.Transport", address?.Transport);
    }

    private static void Text(WireWriter reply, string key, string? text)
    {
        if (text is not null)
        {
            Key(reply, key);
            reply.WriteVariantSignature("s");
            reply.WriteString(text);
        }
    }

    private static void Key(WireWriter reply, string key)
    {
        reply.BeginStruct();
        reply.WriteString(key);
    }
}
