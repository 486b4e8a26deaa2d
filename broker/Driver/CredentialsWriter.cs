using XcpBroker.Auth;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Driver;

/// <summary>Credentials as a{sv}. Specification, "org.freedesktop.DBus.GetConnectionCredentials".</summary>
internal static class CredentialsWriter
{
    /// <param name="reply">Where to.</param>
    /// <param name="peer">What is known of the peer; what is not known is left out.</param>
    /// <param name="hasPidFd">Descriptor 0 of the message is the peer's pidfd.</param>
    internal static void Write(WireWriter reply, PeerCredentials peer, bool hasPidFd)
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

        reply.EndArray(dict);
    }

    private static void Key(WireWriter reply, string key)
    {
        reply.BeginStruct();
        reply.WriteString(key);
    }
}
