using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Xenstore;

namespace XcpBroker.Forwarding;

/// <summary>What a domain is told of its bus.</summary>
/// <param name="Address">Where it is; null: nothing is said.</param>
/// <param name="Guid">Of the bus there; null: nothing is said.</param>
/// <param name="Token">What proves which domain this is; null: nothing is said.</param>
internal sealed record XenstoreNodes(string? Address, string? Guid, DomainToken? Token);

/// <summary>The nodes <c>xcp-bus/...</c> of this domain, as they are whenever somebody asks: they are others each time that the bus starts.</summary>
/// <param name="open">Connects to xenstore as this domain; null, with why: there is none.</param>
internal sealed class XenstoreBus(XenstoreOpener open)
{
    internal const string Source = "xenstore, xcp-bus/address";

    private const string Folder = "xcp-bus";
    private const string Host = "0";

    /// <summary>That of the machine that this runs in.</summary>
    /// <param name="problem">Why there is none that could say anything.</param>
    internal static XenstoreBus? OfThisMachine(out string? problem)
    {
        string? path = XenstoreLocation.OfEnvironment();
        XenstoreBus bus = new((out string? error) =>
            XenstoreDescriptor.Open(XenstoreLocation.Choose(path), null, out error) is { } channel ? new XenstoreClient(channel, TimeProvider.System) : null);
        problem = XenstoreLocation.Exists(path) ? bus.Problem() : "there is none here";
        return problem is null ? bus : null;
    }

    /// <summary>Why nothing can be found here; null: this is a domain that may be told something.</summary>
    internal string? Problem()
    {
        using XenstoreClient? xenstore = open(out string? problem);
        return xenstore is null ? problem : xenstore.Read("domid").Text == Host ? "this is dom0, which is told nothing" : xenstore.Loss;
    }

    /// <summary>Reads the nodes.</summary>
    /// <param name="patience">How long to wait for an address; null: not at all.</param>
    /// <param name="problem">Why there is nothing.</param>
    internal XenstoreNodes? Find(TimeSpan? patience, out string? problem)
    {
        using XenstoreClient? xenstore = open(out problem);
        if (xenstore is null)
        {
            return null;
        }

        // Watched before it is read: what comes in between is not missed.
        _ = patience is null ? default : xenstore.Watch(Folder, Folder);
        XenstoreNodes? nodes = Read(xenstore, out problem);
        bool mayCome = true;
        while (patience is { } time && nodes?.Address is null && mayCome && !xenstore.IsLost)
        {
            mayCome = xenstore.WaitForWatch(time);
            nodes = Read(xenstore, out problem);
        }

        return nodes;
    }

    /// <summary>All three at once, so that none is of another time than the others.</summary>
    private static XenstoreNodes? Read(XenstoreClient xenstore, out string? problem)
    {
        string?[] texts = new string?[3];
        problem = xenstore.Transact(transaction =>
        {
            string[] leaves = ["address", "guid", "token"];
            for (int i = 0; i < leaves.Length; i++)
            {
                XenstoreAnswer answer = xenstore.Read($"{Folder}/{leaves[i]}", transaction);
                texts[i] = answer.Text;
                if (answer.Error is not (null or XenstoreAnswer.NoNode))
                {
                    return answer.Error;
                }
            }

            return null;
        });
        problem = problem is null ? null : $"xenstore: {xenstore.Loss ?? problem}";
        DomainToken? token = null;
        if (problem is null && texts[2] is { } text && !DomainToken.TryParse(StrictUtf8.Instance.GetBytes(text), out token, out string? error))
        {
            problem = $"xenstore, {Folder}/token: {error}";
        }

        return problem is null ? new XenstoreNodes(texts[0], texts[1], token) : null;
    }
}

/// <summary>Connects to xenstore.</summary>
/// <param name="problem">Why that is not possible.</param>
internal delegate XenstoreClient? XenstoreOpener(out string? problem);
