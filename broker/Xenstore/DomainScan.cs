using XcpBroker.Auth.Domains;

namespace XcpBroker.Xenstore;

/// <summary>Finds out which declared domains run, and tells each where the bus is, with a token of its own for as long as it runs.</summary>
/// <remarks>
/// A domid is used again, and events of its end and its next use may come as one. So what makes a domain the one that was told is not its
/// number but what is in xenstore: its UUID, and the token, which vanishes with it and which nobody but dom0 can put there.
/// </remarks>
internal sealed class DomainScan(IDomainEvents events, Func<int, byte[]> randomBytes)
{
    private const int TokenBytes = 32;
    private const string Folder = "xcp-bus";
    private const string UuidPrefix = "/vm/";
    private const string OtherDomain = "it is another domain by now";

    private readonly Dictionary<string, DomainNotice> _notices = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, Told> _told = [];

    // Boots that the bus was told of and has not confirmed: of a number that is used again quickly more than one.
    private readonly Dictionary<uint, int> _unconfirmed = [];

    /// <summary>There is nobody to be told, nor to be forgotten.</summary>
    internal bool IsIdle => _notices.Count == 0 && _told.Count == 0;

    internal void Watch(DomainNotice notice) => _notices[notice.Name] = notice;

    internal void Forget(string name) => _notices.Remove(name);

    /// <summary>The bus knows of a boot under that number, the oldest that it had not confirmed.</summary>
    internal void Confirm(uint domid)
    {
        int left = _unconfirmed.GetValueOrDefault(domid) - 1;
        if (left > 0)
        {
            _unconfirmed[domid] = left;
        }
        else
        {
            _ = _unconfirmed.Remove(domid);
        }
    }

    /// <summary>Looks at all domains.</summary>
    /// <returns>Whether all is as it should be; false: something could not be done, and should be tried again.</returns>
    internal bool Run(XenstoreClient xenstore)
    {
        // Who is dead first, with one question for each: whoever waits for that waits for nothing else.
        foreach (Told told in _told.Values.ToArray())
        {
            if (IsDead(xenstore, told.Boot.Domid))
            {
                End(xenstore, told);
            }
        }

        bool isComplete = true;
        foreach (Told told in _told.Values.ToArray())
        {
            isComplete &= Check(xenstore, told);
        }

        XenstoreAnswer domains = _notices.Count == 0 ? default : xenstore.List(XenstorePath.Domains);
        foreach (string text in domains.Texts)
        {
            if (XenstorePath.TryParseDomid(text, out uint domid) && domid != 0 && !_told.ContainsKey(domid))
            {
                isComplete &= Greet(xenstore, domid);
            }
        }

        return isComplete && domains.Error is null or XenstoreAnswer.NoNode && !xenstore.IsLost;
    }

    /// <summary>Takes back what all were told, without a word: the bus ends.</summary>
    internal void TakeBack(XenstoreClient xenstore)
    {
        foreach (Told told in _told.Values)
        {
            Remove(xenstore, told);
        }

        _told.Clear();
    }

    private static string Node(uint domid, string leaf) => $"{XenstorePath.OfDomain(domid)}/{leaf}";

    /// <summary>The UUID of whatever runs under that number; null with an error: nothing does, or it cannot be known.</summary>
    private static string? UuidOf(XenstoreClient xenstore, uint domid, uint transaction, out string? error)
    {
        XenstoreAnswer answer = xenstore.Read(Node(domid, "vm"), transaction);
        error = answer.Error;
        return answer.Text is { } path && path.StartsWith(UuidPrefix, StringComparison.Ordinal) && DomainIdentity.TryParseUuid(path[UuidPrefix.Length..], out string? uuid)
            ? uuid
            : null;
    }

    /// <summary>One that was told: does it still run, and is it the same, and does it know what it should?</summary>
    private bool Check(XenstoreClient xenstore, Told told)
    {
        uint domid = told.Boot.Domid;
        string? uuid = UuidOf(xenstore, domid, 0, out string? error);
        XenstoreAnswer token = told.IsPublished ? xenstore.Read(Node(domid, $"{Folder}/token")) : default;
        if (xenstore.IsLost)
        {
            return false;
        }

        bool isGone = error == XenstoreAnswer.NoNode || (error is null && uuid != told.Boot.Uuid)
            || token.Error == XenstoreAnswer.NoNode || (token.Error is null && told.IsPublished && token.Text != told.Text);
        bool isWatched = _notices.TryGetValue(told.Boot.Name, out DomainNotice? notice) && (notice.Uuid is null || notice.Uuid == told.Boot.Uuid);
        if (isGone || !isWatched)
        {
            End(xenstore, told);
            return true;
        }

        return error is null && (!IsConfirmed(domid) || (told.IsPublished && told.Notice == notice) || Publish(xenstore, told, notice!));
    }

    // The bus first: who has read the token must not be told that it is wrong.
    private bool IsConfirmed(uint domid) => !_unconfirmed.ContainsKey(domid);

    private static bool IsDead(XenstoreClient xenstore, uint domid) => xenstore.IsIntroduced(domid).Texts is ["F"];

    private void End(XenstoreClient xenstore, Told told)
    {
        _ = _told.Remove(told.Boot.Domid);
        events.Ended(told.Boot.Name, told.Boot.Domid);
        Remove(xenstore, told);
    }

    /// <summary>One that was not told, perhaps because it is nobody's business.</summary>
    private bool Greet(XenstoreClient xenstore, uint domid)
    {
        string? uuid = UuidOf(xenstore, domid, 0, out _);
        if (uuid is null || Find(xenstore, domid, uuid) is not { } notice)
        {
            return true;
        }

        if (IsDead(xenstore, domid))
        {
            return true; // and not yet taken away
        }

        Told told = new(new DomainBoot(notice.Name, domid, uuid, Convert.ToHexStringLower(randomBytes(TokenBytes))), notice);
        _told.Add(domid, told);
        _unconfirmed[domid] = _unconfirmed.GetValueOrDefault(domid) + 1;
        events.Booted(told.Boot);
        return !IsConfirmed(domid) || Publish(xenstore, told, notice);
    }

    private DomainNotice? Find(XenstoreClient xenstore, uint domid, string uuid)
    {
        DomainNotice? found = _notices.Values.FirstOrDefault(notice => notice.Uuid == uuid);
        if (found is null && _notices.Values.Any(notice => notice.Uuid is null))
        {
            found = xenstore.Read(Node(domid, "name")).Text is { } name && _notices.TryGetValue(name, out DomainNotice? named) && named.Uuid is null ? named : null;
        }

        return found;
    }

    /// <summary>Node and permissions in one transaction, so that nobody ever sees one without the other.</summary>
    private bool Publish(XenstoreClient xenstore, Told told, DomainNotice notice)
    {
        uint domid = told.Boot.Domid;
        string? error = xenstore.Transact(transaction =>
        {
            if (UuidOf(xenstore, domid, transaction, out string? problem) != told.Boot.Uuid)
            {
                return problem ?? OtherDomain;
            }

            // Whatever is there, and whoever has made it.
            problem = xenstore.Remove(Node(domid, Folder), transaction).Error;
            problem = problem is null or XenstoreAnswer.NoNode ? xenstore.MakeDirectory(Node(domid, Folder), transaction).Error : problem;
            problem ??= Restrict(xenstore, domid, Folder, transaction);
            foreach ((string leaf, string? value) in (ReadOnlySpan<(string, string?)>)[("address", notice.Address), ("guid", notice.Guid), ("token", told.Text)])
            {
                if (value is not null)
                {
                    problem ??= xenstore.Write(Node(domid, $"{Folder}/{leaf}"), value, transaction).Error ?? Restrict(xenstore, domid, $"{Folder}/{leaf}", transaction);
                }
            }

            return problem;
        });
        if (error is null)
        {
            told.Notice = notice;
            told.IsPublished = true;
        }
        else if (!xenstore.IsLost && !told.HasFailed && error is not (OtherDomain or XenstoreAnswer.NoNode))
        {
            told.HasFailed = true;
            events.NotTold(told.Boot.Name, domid, error);
        }

        return error is null;
    }

    private static string? Restrict(XenstoreClient xenstore, uint domid, string leaf, uint transaction) =>
        xenstore.SetPermissions(Node(domid, leaf), transaction, new(XenstoreAccess.None, 0), new(XenstoreAccess.Read, domid)).Error;

    /// <summary>Takes back what it was told, unless that is gone, or another's by now.</summary>
    private static void Remove(XenstoreClient xenstore, Told told)
    {
        string folder = Node(told.Boot.Domid, Folder);
        _ = xenstore.Transact(transaction => xenstore.Read($"{folder}/token", transaction) is { Error: null } token && token.Text == told.Text
            ? xenstore.Remove(folder, transaction).Error
            : OtherDomain);
    }

    private sealed class Told(DomainBoot boot, DomainNotice notice)
    {
        internal DomainBoot Boot => boot;

        /// <summary>What is in xenstore as its token: as in a token file.</summary>
        internal string Text { get; } = $"{boot.Name} {boot.Secret}";

        internal DomainNotice Notice { get; set; } = notice;

        internal bool IsPublished { get; set; }

        /// <summary>That has been said.</summary>
        internal bool HasFailed { get; set; }
    }
}
