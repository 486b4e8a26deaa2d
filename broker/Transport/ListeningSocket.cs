using XcpBroker.Config;
using XcpBroker.Interop;

namespace XcpBroker.Transport;

/// <summary>One address that is listened on: its sockets, and what has to be removed with them.</summary>
/// <param name="Descriptors">The sockets, at least one; whoever takes this closes them.</param>
/// <param name="Address">What clients connect to, with <paramref name="Guid"/>.</param>
/// <param name="Guid">The address's id, 32 hexadecimal digits.</param>
/// <param name="Transport">What takes the connections.</param>
internal sealed record ListeningSocket(IReadOnlyList<int> Descriptors, ListenAddress Address, string Guid, ITransport Transport)
{
    /// <summary>The socket's file, if it is ours to remove; null: there is none, or it is another's.</summary>
    internal string? File { get; init; }

    /// <summary>The directory of the socket, if it was made for it; null: it was there.</summary>
    internal string? MadeDirectory { get; init; }

    /// <summary>What clients of <c>nonce-tcp:</c> must know; null: nothing.</summary>
    internal NonceFile? Nonce { get; init; }

    /// <summary>Whether it can tell which domain a peer is in.</summary>
    internal bool ProvesDomain => Address.Domain is not null || Address.TrustsAddresses || Transport.ProvesDomain;

    internal void Close()
    {
        foreach (int descriptor in Descriptors)
        {
            _ = LibC.Close(descriptor);
        }
    }

    /// <summary>Once the sockets are closed.</summary>
    internal void RemoveFiles()
    {
        Nonce?.Delete();
        try
        {
            if (File is not null)
            {
                System.IO.File.Delete(File);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody took the directory away; there is nothing left of ours to remove.
        }
    }
}
