-- A small synthetic HIS: the tables as a vendor might keep them, the views that suwen reads, and a
-- few invented rows. Only the views matter; the hospital's DBA writes them over the real tables.

CREATE SCHEMA his;

CREATE TABLE his.brxx   (brid text PRIMARY KEY, xm text, xb text, csrq date, lxdh text, gxsj timestamp);
CREATE TABLE his.zyjl   (zyid text PRIMARY KEY, brid text, zt text, ksdm text, ksmc text, cwh text,
                         ryrq timestamp, cyrq timestamp, gxsj timestamp);
CREATE TABLE his.zdjl   (zdid bigint PRIMARY KEY, brid text, zyid text, icd text, zdmc text,
                         qzbz text, zdsj timestamp, gxsj timestamp);
CREATE TABLE his.jyjg   (jgid bigint PRIMARY KEY, brid text, zyid text, xmdm text, xmmc text, jg text,
                         dw text, ckfw text, zt text, bgsj timestamp, gxsj timestamp);
CREATE TABLE his.smtz   (clid bigint PRIMARY KEY, brid text, zyid text, tw numeric(4,1), mb integer,
                         ssy integer, szy integer, clsj timestamp, gxsj timestamp);
CREATE TABLE his.yzjl   (yzid bigint PRIMARY KEY, brid text, zyid text, ypmc text, dcjl numeric(10,3),
                         jldw text, pc text, yf text, zt text, kzsj timestamp, gxsj timestamp);
CREATE TABLE his.gms    (gmid bigint PRIMARY KEY, brid text, gmy text, gmlx text, gxsj timestamp);
CREATE TABLE his.ssjl   (ssid bigint PRIMARY KEY, brid text, zyid text, ssmc text, zt text,
                         kssj timestamp, jssj timestamp, gxsj timestamp);
CREATE TABLE his.jcbg   (bgid bigint PRIMARY KEY, brid text, zyid text, jcmc text, bgjl text, zt text,
                         bgsj timestamp, gxsj timestamp);
CREATE TABLE his.bcws   (wsid bigint PRIMARY KEY, brid text, zyid text, wsmc text, wsnr text, zt text,
                         sxsj timestamp, gxsj timestamp);

CREATE VIEW his.v_patient   AS SELECT * FROM his.brxx;
CREATE VIEW his.v_stay      AS SELECT * FROM his.zyjl;
CREATE VIEW his.v_diagnosis AS SELECT * FROM his.zdjl;
CREATE VIEW his.v_result    AS SELECT * FROM his.jyjg WHERE zt IN ('2', '3');
CREATE VIEW his.v_vitals    AS SELECT * FROM his.smtz;
CREATE VIEW his.v_order     AS SELECT * FROM his.yzjl;
CREATE VIEW his.v_allergy   AS SELECT * FROM his.gms;
CREATE VIEW his.v_operation AS SELECT * FROM his.ssjl;
CREATE VIEW his.v_report    AS SELECT * FROM his.jcbg;
CREATE VIEW his.v_document  AS SELECT * FROM his.bcws;

INSERT INTO his.brxx VALUES ('B1', '测试甲', '1', '1960-03-05', NULL, '2026-05-01 08:00');
INSERT INTO his.zyjl VALUES ('Z1', 'B1', '1', '0301', '呼吸内科', '12', '2026-05-01 09:00', NULL, '2026-05-01 09:00');
INSERT INTO his.zdjl VALUES (1, 'B1', 'Z1', 'J18.900', '肺炎', '1', '2026-05-01 10:00', '2026-05-01 10:00');
INSERT INTO his.jyjg VALUES
  (1, 'B1', 'Z1', 'GLU', '葡萄糖', '5.20', 'mmol/L', '3.9-6.1', '2', '2026-05-01 11:00', '2026-05-01 11:00'),
  (2, 'B1', 'Z1', 'PRO', '尿蛋白', '阴性', NULL, '阴性', '2', '2026-05-01 11:00', '2026-05-01 11:00');
INSERT INTO his.smtz VALUES (1, 'B1', 'Z1', 38.5, 96, 128, 76, '2026-05-01 09:30', '2026-05-01 09:30'),
  (2, 'B1', 'Z1', NULL, 88, NULL, NULL, '2026-05-01 15:00', '2026-05-01 15:00');
INSERT INTO his.yzjl VALUES (1, 'B1', 'Z1', '头孢曲松', 2.000, 'g', 'qd', '静滴', '1', '2026-05-01 10:30', '2026-05-01 10:30');
INSERT INTO his.gms VALUES (1, 'B1', '青霉素', '1', '2026-05-01 09:10');
INSERT INTO his.ssjl VALUES (1, 'B1', 'Z1', '支气管镜检查', '2', '2026-05-02 09:00', '2026-05-02 09:40', '2026-05-02 10:00');
INSERT INTO his.jcbg VALUES (1, 'B1', 'Z1', '胸部CT平扫', '右肺下叶炎症。', '2', '2026-05-01 14:00', '2026-05-01 14:00');
INSERT INTO his.bcws VALUES (1, 'B1', 'Z1', '首次病程记录', '患者因发热三天入院。', '1', '2026-05-01 12:00', '2026-05-01 12:00');
