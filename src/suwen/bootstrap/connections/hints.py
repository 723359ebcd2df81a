"""What each setting of a connection is for, in Chinese, by its English wording in the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HINTS: Final[Mapping[str, str]] = {
    "Address to listen on; not set takes the installation's.": (
        "监听地址；不填则用本安装的默认地址。"
    ),
    "Port; 0 takes a free one, not set takes the installation's.": (
        "端口；0 为自动选择空闲端口，不填则用本安装的默认端口。"
    ),
    "Addresses or networks that may connect; empty allows all that reach it.": (
        "允许连接的地址或网段，每行一个；不填则允许所有可达者。"
    ),
    "How messages are acknowledged: in the original mode, in the enhanced mode, or as MSH-15 "
    "and MSH-16 of each ask.": ("应答方式：原始模式、增强模式，或按每条消息的 MSH-15、MSH-16。"),
    "Processing ids (MSH-11) that are taken; not set takes production alone, and a "
    "demonstration's connection all. A message without one is production.": (
        "接收的处理标识（MSH-11），每行一个；不填则只收生产消息，演示用接口全收。没有标识的消息"
        "按生产处理。"
    ),
    "Character set of messages whose MSH-18 is empty.": ("MSH-18 为空的消息所用字符集。"),
    "Off for a sender whose MSH-18 is known to be wrong.": (
        "是否相信 MSH-18；发送方填写有误时请关闭。"
    ),
    "What to do with other content under a used MSH-10.": ("MSH-10 重复而内容不同时如何处理。"),
    "Whether a message needs MSH-10.": ("消息是否必须有 MSH-10。"),
    "Connections with the same namespace speak of the same patients by their numbers; not "
    "set is the connection's name.": ("命名空间相同的接口按编号指同一批患者；不填则为接口名称。"),
    "Which numbers name a person in other systems too: the hospital's name of a numbering by "
    "identifier system, or by assigning authority where no system is known, such as "
    '{"urn:oid:1.2.3": "mrn"}. Patients of two connections with one number of one numbering '
    "are one person; what speaks against it waits for somebody's decision.": (
        "哪些标识符系统（或签发机构）的编号指同一个人，每行一条：系统 = 本院对该编号的叫法，如"
        " urn:oid:1.2.3 = mrn。在两个接口中用同一叫法的编号相同，即为同一患者；有矛盾时交人工决"
        "定。"
    ),
    "IANA zone of times without one; not set takes the site's.": (
        "未注明时区的时间所用 IANA 时区；不填则用本院时区。"
    ),
    "TOML file with the site's mapping of this channel.": ("本通道的院内映射（TOML 文件）。"),
    "Largest message, in MiB.": ("单条消息上限（MiB）。"),
    "Idle time of a connection, in s.": ("连接最长空闲时间（秒）。"),
    "Longest time of one frame, in s.": ("接收一帧的最长时间（秒）。"),
    "Most connections at once.": ("同时连接数上限。"),
    "PEM of our certificate; switches TLS on.": ("本方证书（PEM）；填写后启用 TLS。"),
    "PEM of its key.": ("对应的私钥（PEM）。"),
    "PEM of the authority whose certificates senders must show.": (
        "签发发送方证书的机构（PEM）；填写后发送方须出示证书。"
    ),
    "Highest data class that leaves: 3 without identity, 4 a named person's, 5 diseases whose "
    "disclosure does severe harm. Not set: 4 to a clinical system, 3 to any other. What is above "
    "waits in the queue.": (
        "允许发出的最高数据级别：3 为去标识，4 为可识别的个人，5 为泄露危害严重的疾病。不填：发往"
        "院内临床系统为 4，其他为 3。超过的消息留在队列中，不会发出。"
    ),
    "Address of the receiver.": ("接收方地址。"),
    "Port of the receiver.": ("接收方端口。"),
    "As which message signed documents leave; null sends none.": (
        "已签文书以何种消息发出；不填则不发。"
    ),
    "Whether the printed form goes with the text.": ("是否随文本附上打印版。"),
    "MSH-3.": ("MSH-3：发送应用。"),
    "MSH-4.": ("MSH-4：发送机构。"),
    "MSH-5.": ("MSH-5：接收应用。"),
    "MSH-6.": ("MSH-6：接收机构。"),
    "In which messages leave (MSH-18).": ("发出消息的字符集（MSH-18）。"),
    "Longest wait for an answer, in s.": ("等待应答的最长时间（秒）。"),
    "Rejections before a person must look.": ("被拒多少次后交人工处理。"),
    "Whether the receiver speaks TLS.": ("接收方是否使用 TLS。"),
    "Name in the receiver's certificate, if not its address.": (
        "接收方证书中的名称（与地址不同时填写）。"
    ),
    "PEM of the authority of its certificate; not set takes the system's.": (
        "签发其证书的机构（PEM）；不填则用系统的。"
    ),
    "PEM of our certificate.": ("本方证书（PEM）。"),
    "Base address of the R4 service.": ("R4 服务的基地址。"),
    "Further origins that the server's own links may name.": (
        "该服务器自己的链接还可能指向的其他源地址，每行一个。"
    ),
    "Resource types that are read.": ("读取的资源类型，每行一个。"),
    "Those of them whose master this source is, where several bring them.": (
        "多个来源提供同类资源时，以本来源为准的类型，每行一个。"
    ),
    'Further search parameters by resource type, such as {"Observation": "category=laboratory"}.': (
        "按资源类型附加的检索参数，每行一条，如 Observation = category=laboratory。"
    ),
    "Seconds between two looks.": ("两次查询的间隔（秒）。"),
    "How far each look reaches back before the last one, in seconds: longer than the longest "
    "transaction of the server.": ("每次查询向前回溯的时间（秒），须长于对方最长的事务。"),
    "Resources asked for at once.": ("每次请求的资源数。"),
    "Where the first look begins; not set reads everything.": ("首次读取的起点；不填则全部读取。"),
    "How deletions are learnt: by comparing everything from time to time, by the server's "
    "history, or not at all.": ("如何得知删除：定期全部比对、读取对方的历史，或不处理。"),
    "Hours between two sweeps.": ("两次全部比对的间隔（小时）。"),
    "Put before every id of this source; empty for the one source whose ids are the site's own.": (
        "加在本来源每个 id 之前；唯一一个以其 id 为本院 id 的来源不填。"
    ),
    "System of the identifier by which this source's patients are matched with the site's; "
    "not set where its patient ids are the site's own.": (
        "用于与本院患者匹配的标识符系统；患者 id 即本院 id 时不填。"
    ),
    "How we prove who we are.": ("本方如何证明身份。"),
    "For basic: the account.": ("basic 方式的账号。"),
    "For oauth2: token endpoint.": ("oauth2 方式的令牌地址。"),
    "For oauth2: our client id.": ("oauth2 方式的客户端 id。"),
    "For oauth2: what is asked.": ("oauth2 方式请求的范围。"),
    "For oauth2: id of our key.": ("oauth2 方式中本方密钥的 id。"),
    "PEM of the authority of its certificate.": ("签发其证书的机构（PEM）。"),
    "PEM of our certificate and key, where the server wants one.": (
        "本方证书与私钥（PEM），服务器要求时填写。"
    ),
    "Longest wait for one answer, in s.": ("等待一次应答的最长时间（秒）。"),
    "Largest answer, in MiB.": ("单次应答上限（MiB）。"),
    "For basic: the password.": ("basic 方式的密码。"),
    "For token: the token.": ("token 方式的令牌。"),
    "For oauth2: the client's secret.": ("oauth2 方式的客户端密钥。"),
    "For oauth2: PEM of the key that we sign with.": ("oauth2 方式中用于签名的私钥（PEM）。"),
    "What a notification of the server must carry as its bearer token.": (
        "服务器通知时须携带的 Bearer 令牌。"
    ),
    "Identifier system of Patient ID (0010,0020) where no issuer is stated; not set, a study "
    "is linked only when birth date and sex agree too.": (
        "未注明签发者的患者编号 (0010,0020) 所属的标识符系统；不填时，出生日期和性别也一致才会"
        "关联检查。"
    ),
    "Identifier system by Issuer of Patient ID (0010,0021).": (
        "患者编号签发者 (0010,0021) 对应的标识符系统，每行一条：签发者 = 系统。"
    ),
    "Character set of objects that state none in (0008,0005).": (
        "未在 (0008,0005) 注明字符集的对象所用字符集。"
    ),
    "Largest object, in MiB.": ("单个对象上限（MiB）。"),
    "Address to listen on.": ("监听地址。"),
    "Port; 0 takes a free one.": ("端口；0 为自动选择空闲端口。"),
    "Our application entity title.": ("本方 AE Title。"),
    "AE titles that may send; empty lets every one send.": (
        "允许发送的 AE Title，每行一个；不填则都允许。"
    ),
    "host:port by AE title, to which results of storage commitment are sent.": (
        "存储承诺结果发往何处，每行一条：AE Title = 主机:端口。"
    ),
    "Most associations at once.": ("同时关联数上限。"),
    "PEM of our certificate and key; with ca_file switches TLS on.": (
        "本方证书与私钥（PEM）；与 ca_file 同时填写则启用 TLS。"
    ),
    "PEM of the authority of callers' certificates.": ("签发呼叫方证书的机构（PEM）。"),
    "Whether the other system belongs to the hospital's clinical side; objects leave without "
    "the patient's identity to every other.": (
        "对方是否属于院内临床系统；发往其他系统的对象会去除患者身份。"
    ),
    "Forms in which signed documents are sent: pdf, sr; empty sends none.": (
        "已签文书以何种形式发送（pdf、sr，每行一个）；不填则不发。"
    ),
    "Issuer (0010,0021) that is written beside record numbers.": (
        "写在病案号旁的签发者 (0010,0021)。"
    ),
    "Its address.": ("对方地址。"),
    "Its port.": ("对方端口。"),
    "Its application entity title.": ("对方 AE Title。"),
    "Ours, as it knows it.": ("对方所登记的本方 AE Title。"),
    "Ask it to answer for what was sent (storage commitment).": ("请对方对所发对象作存储承诺。"),
    "C-GET, or C-MOVE to our listener where it knows no C-GET.": (
        "C-GET；对方不支持时用 C-MOVE 发到本方接收端。"
    ),
    "PEM of its authority; switches TLS on.": ("签发其证书的机构（PEM）；填写后启用 TLS。"),
    "PEM of our certificate and key.": ("本方证书与私钥（PEM）。"),
    "Root of its services.": ("其服务的根地址。"),
    "For basic authentication.": ("基本认证的用户名。"),
    "For basic authentication: the password.": ("基本认证的密码。"),
    "A bearer token, in place of user and password.": ("Bearer 令牌，代替用户名和密码。"),
    "TOML file with the mapping from rows to resources; a relative path is below SUWEN_HOME.": (
        "从行到资源的映射（TOML 文件）；相对路径以 SUWEN_HOME 为准。"
    ),
    "Rows of one query.": ("一次查询的行数。"),
    "Most rows read in a second, over all views.": ("所有视图合计每秒最多读取的行数。"),
    "Longest that one query may take, in seconds.": ("一次查询的最长时间（秒）。"),
    "Address of the database with account and password, such as "
    "postgresql://account:password@host:5432/name.": (
        "数据库地址，含账号和密码，如 postgresql://account:password@host:5432/name。"
    ),
    "Absolute path of the folder.": ("文件夹的绝对路径。"),
    "How long a file must not have changed before it is read, in seconds.": (
        "文件多久未变化后才读取（秒）。"
    ),
    "Ending of an empty file that says that its namesake is complete, such as .ok; then "
    "settle_s does not matter.": (
        "表示同名文件已写完的空文件后缀，如 .ok；设置后不再看 settle_s。"
    ),
    "Rows that are stored at once.": ("一次保存的行数。"),
    "Most rows taken in a second.": ("每秒最多读取的行数。"),
    "Larger files are refused, MiB.": ("超过此大小的文件被拒收（MiB）。"),
    "Larger workbooks are refused, in MiB.": ("超过此大小的工作簿被拒收（MiB）。"),
}
