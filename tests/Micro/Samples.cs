using XcpBroker.Protocol.Messages;

namespace XcpBroker.Micro;

/// <summary>Messages as toolstack services send them.</summary>
internal static class Samples
{
    /// <summary>A call <c>VM.start(s, a{sv})</c> to a well-known name; about 300 bytes.</summary>
    internal static byte[] Call()
    {
        MessageBuilder builder = new();
        builder.Begin(new MessageFields
        {
            Type = MessageType.MethodCall,
            Destination = "org.xen.xcp.xenopsd",
            Path = "/org/xen/xcp/xenopsd/vm",
            Interface = "org.xen.xcp.VM1",
            Member = "Start",
            Signature = "sas",
        });
        builder.Body.WriteString("2b6fb6b1-7a0c-4d4e-8f62-6f3f6b1f0a11");
        int disks = builder.Body.BeginArray(4);
        for (int i = 0; i < 4; i++)
        {
            builder.Body.WriteString("disk-" + i);
        }

        builder.Body.EndArray(disks);
        return builder.Finish(7).ToArray();
    }
}
